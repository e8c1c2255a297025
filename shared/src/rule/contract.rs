//! The rules of the contract, in words.

use super::rules;

rules! {
    UNREADABLE: "cannot be read ({0})", "", "name a file that can";
    NOT_JSON: "is not JSON: {0}", "nothing of it can be read", "correct the syntax there";
    KEY_TWICE: "has the field {0?} twice", "programs take the last one, people read the first", "keep one";
    NOT_AN_OBJECT: "is not an object", "", "write { … } there";
    NOT_A_LIST: "is not a list", "", "write [ … ] there";
    NOT_A_TEXT: "is not a string", "", "write it in quotation marks";
    NOT_A_FLAG: "is not true or false", "", "write one of the two, without quotation marks";
    MISSING: "is missing", "", "add it";
    EMPTY: "is empty", "", "fill it in, or leave the field out where it is optional";
    UNKNOWN_FIELD: "is not a field here", "it would have no effect", "the fields are {0}";
    NOT_A_DURATION: "is {0?}, which is not a duration", "", "write a whole number and a unit, as in 90s, 2m, 12h or 1d";
    UNKNOWN_VALUE: "is {0?}", "nothing knows it", "write one of {1}";
    ID_FORM: "is {0}", "the functions and the edge know one form of tenant ids only", "leave tenant.id out, or write {1}";

    HEADER_NAME: "{0?} is not a header name in lower case", "", "use a-z, 0-9 and -, at most 255 characters";
    HEADER_NOT_WRITABLE: "{0?} is not an edge function's to write or to read", "CloudFront answers 502, or drops it", "choose a header of your own, such as \"x-organization-id\"";
    HEADER_TAKEN: "{0?} means something else to browsers, caches or the authorizer", "they would act on it", "choose a header of your own";
    HEADER_TWICE: "{0?} is also {1}", "one would overwrite the other (an origin may read \"_\" as \"-\")", "give each its own header";
    PREVIOUS_TAG_HEADER: "equals tagHeader", "nothing is being renamed", "leave it out";
    VERSION_HEADER: "is {0?}, which CloudFront or HTTP itself writes", "it does not say how new the data is, or not in the characters that a version may have", "let the origin stamp its data version into a header of its own, such as \"x-data-version\"";
    PREFIX_CHARACTERS: "is {0?}", "CloudFront ignores tags with spaces, commas or characters outside ASCII, and reads # and * of an invalidation as something else", "use visible ASCII without comma, # and *, such as \"tenant:\"";
    TAG_TOO_LONG: "makes tags of up to {0} characters with the longest tenant id, scope and version", "CloudFront ignores a tag over 256, and no purge would reach the response", "shorten the prefix or the names of scopes";
    TOO_MANY_TAGS: "overlaps with so many scopes that a response can have {0} tags", "CloudFront reads the first 50", "merge scopes, or set \"tags\": false in version";

    SCOPE_NAME: "is not a name of a scope", "it stands in cache tags", "use a-z, 0-9, - and _";
    SCOPE_EMPTY: "has no path pattern", "a refresh of it would purge nothing", "list patterns such as \"/api/cost*\"";
    SCOPE_OUTSIDE_PATHS: "{0?} meets none of paths", "nothing under it is cached, so a refresh of the scope would not reach it", "correct the pattern, or add it to paths";
    SCOPE_WITHOUT_ENDPOINT: "has no endpoint", "a refresh of it would purge what nobody warms", "add an endpoint under its patterns, or drop the scope";

    PATTERN_START: "{0?} does not begin with /", "", "write it as CloudFront shows it, with / first";
    PATTERN_CHARACTERS: "{0?} has {1?}", "CloudFront refuses the pattern, or no request matches it (the query string and the tenant are no part of it)", "use letters, digits, * and ? as wildcards, and _-.$/~\"'@:+&";
    PATTERN_NEVER: "{0?} has {1}", "CloudFront resolves that in a request before it matches", "write the path that is left";
    PATTERN_TOO_LONG: "has {0} characters", "CloudFront takes 255", "shorten it";
    PATTERN_TWICE: "{0?} stands there twice", "the second is never used", "drop one";
    PATTERN_SHADOWED: "{0?} stands behind {1?}, which matches everything that it does", "it is never used", "put the narrower pattern first";
    NO_PATHS: "is empty", "nothing would be cached", "name at least one pattern";
    TOO_MANY_PATHS: "has {0} patterns", "a distribution has at most 75 behaviours, the probe's and the default one among them", "merge patterns";
    TOO_MANY_TTLS: "has {0} different pairs of TTLs, each a cache policy of its own", "an account has at most 20", "let paths share TTLs";
    TTL_ORDER: "has a defaultTtl above its maxTtl", "CloudFront would refuse the cache policy", "raise maxTtl, or lower defaultTtl";
    TTL_TOO_LONG: "is above 365 days", "CloudFront refuses the cache policy", "write 365d or less";

    KEY_LACKS: "is not in cacheKey.{1}, although answers differ by {0?}", "one's answer would be served to another", "add it there";
    KEY_HEADER_REFUSED: "has {0?}", "CloudFront does not take it into a cache key", "drop it; {1}";
    KEY_AUTHORIZATION: "has {0?}", "every login would have entries of its own, and prewarming would help nobody", "drop it: the viewer authorizer checks the token before the cache is asked";
    KEY_HEADER_TOO_MANY_VALUES: "has {0?}, which nearly every viewer sends differently", "hardly anybody would hit an entry, and none that was prewarmed", "drop it, or make a variant with few values from it";
    KEY_HEADER_FROM_CLOUDFRONT: "has {0?}, which CloudFront sets from where a viewer is", "the prewarmer would fill the entries of its own place only", "drop it, or make a variant from a header or claim that says the same";
    KEY_COOKIE_SESSION: "has {0?}, which differs for every session", "nobody would hit another's entry, and nobody a prewarmed one", "drop it: the viewer authorizer knows who is asking";
    KEY_QUERY_BUSTER: "has {0?}, which differs for every request or visitor", "nobody would hit a prewarmed entry", "drop it";
    KEY_NAME_CHARACTERS: "has {0?}", "no request can carry that name", "write it as it stands in a URL, percent-encoded";
    KEY_TOO_LONG: "has {0} names", "a cache policy takes 10", "keep what answers differ by";
    KEY_NAME_ALIKE: "has {0?} and {1?}, which differ in letter case only", "CloudFront takes them as two and many servers as one, so one answer would have two entries", "keep the one that the front end sends";
    KEY_NAME_TWICE: "has {0?} twice", "", "keep one";
    NOT_SENT: "has {0?}, which the prewarmer does not send", "it would fill entries that nobody reads, and call them fresh", "say what people send in cacheKey.sent.{1}, or take it out of the key";
    SENT_NEEDLESSLY: "is not for the prewarmer to send", "it is no part of cacheKey.{0}, or belongs to the tenant or a variant", "drop it, or add it to cacheKey.{0}";
    SENT_CHARACTERS: "is {0?}", "no header or cookie can carry it", "use visible ASCII, without blanks at its ends";
    UNKNOWN_ENCODING: "has {0?}", "CloudFront compresses with br and gzip", "write one of {1}";
    WARMED_NOT_IN_KEY: "has {0?}, which is neither in cacheKey.encodings nor \"identity\"", "there is no such entry", "add it to the encodings, or drop it";
    NO_WARMED: "is empty", "nothing would be warmed", "name what most people send, or leave the field out";

    GROUPS_EQUAL: "equals tenant.superadminGroup", "the prewarmer would get, and store for everybody, what superadmins see", "give it a group that may name tenants and nothing else";
    GROUP_CHARACTERS: "is {0?}", "no Cognito group can have that name", "use 1 to 128 characters without blanks";
    CLAIM_CHARACTERS: "is {0?}", "no token has such a claim", "write the claim's name, such as \"custom:organization\"";
    CLAIM_NO_TENANT: "is {0?}", "it differs for every login, or holds a list: no tag could be made from it", "name the claim that says which tenant a user belongs to, such as \"custom:organization\"";

    VARIANT_TENANT: "is made from or written to the tenant header {0?}", "it is the tenant's alone", "choose another header";
    VARIANT_DEFAULT: "is {0?}, which is none of its values", "", "add that value, or correct the default";
    VARIANT_NO_VALUES: "has no values", "there is nothing to tell apart", "list its values";
    VARIANT_NOT_WARMED: "has no value that is prewarmed", "no entry would be warm", "drop \"prewarm\": false from the most common one";
    VARIANT_TWICE: "has {0?} twice", "the second is never reached", "drop one";
    VARIANT_MATCH_TWICE: "matches {0?}, as does {1?} before it", "the first one wins", "let only one match it";
    VARIANT_UNREACHABLE: "{0?} matches nothing and is not the default", "no viewer gets it", "say what it matches";
    VARIANT_CHARACTERS: "{0?} cannot stand in a header", "", "use visible ASCII, without blanks at its ends";
    VARIANT_LANGUAGE: "{0?} is not a primary language subtag", "no Accept-Language would match it", "write two or three letters, such as \"en\" for en-US";
    VARIANT_SOURCE_ABSENT: "is {0?}", "it is not there at viewer-request, or not what the browser sent, so everybody would get the default", "use a header that browsers send, such as accept-language, or a claim";
    VARIANT_SOURCE_SHARED: "is {0?}, which another variant is made from or writes", "the prewarmer can send only one value in it", "make one variant of the two";
    VARIANT_SEND_MISSING: "{0?} has no send", "the prewarmer would not know how to get it", "write what a browser sends in {1}";
    VARIANT_SEND_NEEDLESS: "{0?} has send", "a claim is not sent: the prewarmer names the value", "drop send";
    VARIANT_CLAIM: "is {0?}", "it differs for every user or login, or names the tenant", "use a claim with few values, such as \"claim:custom:role\"";
    TOO_MANY_VARIANTS: "make {0} copies of each endpoint", "at most {1} are prewarmed", "set \"prewarm\": false on rare values";

    NO_ENDPOINTS: "is empty", "nothing would be warmed", "name what people open first";
    ENDPOINT_ALIKE: "{0?} differs from {1?} only in the order of its query, or in the letter case of its names", "it is the same answer, requested and stored twice", "keep the one that the front end sends, byte for byte";
    ENDPOINT_TWICE: "{0?} stands there twice", "it would be requested twice for nothing", "drop one";
    PATH_CHARACTERS: "{0?} {1}", "{2}", "write the path in the very bytes that browsers send";
    FIXED_TENANT: "{0?} names a tenant by {1?}", "it would be requested for that one in every tenant's run, and refused at the edge", "write {tenant} for the tenant";
    TENANT_IN_PATH: "{0?} names the tenant before its query", "the viewer authorizer compares query names and headers only, so everybody could ask for any tenant there", "name the tenant by one of tenant.queryNames: {1}";
    TENANT_UNCHECKED: "{0?} names the tenant in {1?}, which is not one of tenant.queryNames", "the viewer authorizer would let everybody name any tenant there", "add it to tenant.queryNames and cacheKey.queryNames, or use a name that is there";
    REQUEST_WILDCARD: "{0?} has a *", "a request has no wildcards: it would be asked for as it is written", "write the path that people open";
    QUERY_NOT_IN_KEY: "{0?} has the query name {1?}, which is not in cacheKey.queryNames", "answers that differ by it would share one entry", "add it there, or drop it from the path";
    QUERY_TWICE: "{0?} has the query name {1?} twice", "servers differ in which one they take", "keep one";
    NOT_CACHED: "{0?} matches none of paths", "it would not be cached", "add a pattern for it to paths, or correct it";
    SCOPE_UNKNOWN: "is {0?}, which is not among the scopes", "a refresh of it would not find the endpoint", "write one of {1}, or add it to scopes";
    SCOPE_MISSES: "matches no pattern of its scope {0?}", "a purge of the scope would miss it", "correct the scope, or add a pattern to it: now {1}";
    POINTER: "is {0?}, which is not a JSON pointer", "", "write it as in /tenant or /data/0/tenant";
    TIMEOUT_TOO_LONG: "is {0} s", "CloudFront waits at most 180 s for an origin, and one call of the prewarm function has to hold the request and its repetition", "write {1}s or less";
    PROBE_WITHOUT_VERSION: "is of no use without version", "there would be nothing to compare", "name the header that it answers with in version";
    PROBE_IS_ENDPOINT: "{0?} is an endpoint too", "a probe must not be cached, an endpoint has to be", "give the probe a path of its own";
    PROBE_IS_PATH: "{0?} is one of paths too", "a probe must not be cached, and paths are", "give the probe a path of its own, or take it out of paths";

    MIGRATION_EVERY_TENANT: "{0?} has no {tenant}", "it would purge every tenant", "put {tenant} where the path names the tenant";
    MIGRATION_NEIGHBOUR: "{0?} has a wildcard right behind {tenant}, or behind letters that an id may go on with", "{tenant}* of acme also purges acme2", "let a character stand between that no id has, as in {tenant}/* or {tenant}&*";
    MIGRATION_WILDCARD: "{0?} has a wildcard that is not its last character", "CloudFront takes it as a letter", "keep one, at the end";
    MIGRATION_OUTSIDE_PATHS: "{0?} meets none of paths", "nothing that it names was cached", "correct it, or drop it";
    MIGRATION_TWICE: "{0?} stands there twice", "it would be paid for twice", "drop one";
    TOO_MANY_WILDCARDS: "has {0} wildcards", "a distribution may have 15 in progress", "write paths out, or purge fewer";
}
