/**
 * A look: a request of the prewarmer that wants an answer only if it is cached. It is the reader's request in
 * everything that is in the key, with one header more, which is in no key.
 */

/** The request header that makes a request a look, and the response header that says what came of it. */
export const LOOK_HEADER = "x-warmfront-look";

/** The only value that the request header has behind the authorizer. */
export const LOOK_CACHED = "cached";

/** The response header's value where nothing was cached. */
export const LOOK_MISSING = "missing";
