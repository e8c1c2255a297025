/**
 * Verifies the Cognito token of a request. Every doubt about a token is a 401; only "no key is to be had" is a 503,
 * since then nobody's token can be judged.
 */
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { FetchError, JwtExpiredError } from "aws-jwt-verify/error";
import { SimpleFetcher } from "aws-jwt-verify/https";
import { assertIsJwks, type Jwks, SimpleJwksCache } from "aws-jwt-verify/jwk";
import type { TokenSettings } from "../edge-bundle.ts";
import { invalidToken } from "./credentials.ts";
import { Refusal } from "./refusal.ts";

/** Where keys come from. */
export interface KeySource {
  fetch(uri: string): Promise<ArrayBuffer>;
}

/** Claims of a verified token. */
export type Claims = Readonly<Record<string, unknown>>;

/** Two tries of this length end well inside the 5 s that a viewer event may take. */
const FETCH_TIMEOUT_MS = 1500;

/** Strangers' tokens must not make us ask for keys more often than this while asking fails. */
const FETCH_PAUSE_MS = 10_000;

/** A token may be this far from the future: clocks differ. The verifier itself does not look at `iat`. */
const CLOCK_SKEW_S = 60;

/** A function from a token to its verified claims; it throws a {@link Refusal}. */
export function tokenVerifier(
  userPool: TokenSettings,
  source: KeySource = new SimpleFetcher({ defaultRequestOptions: { responseTimeout: FETCH_TIMEOUT_MS } }),
): (token: string) => Promise<Claims> {
  const fetcher = new PausingFetcher(source);
  const verifier = CognitoJwtVerifier.create(
    {
      userPoolId: userPool.userPoolId,
      clientId: userPool.clientIds && [...userPool.clientIds],
      tokenUse: userPool.tokenUse,
    },
    { jwksCache: new SimpleJwksCache({ fetcher }) },
  );
  if (userPool.jwks) {
    verifier.cacheJwks(userPool.jwks as Jwks);
    fetcher.hasDelivered = true;
  }
  return async (token) => {
    try {
      return checkTimes(await verifier.verify(token));
    } catch (error) {
      if (error instanceof Refusal) throw error;
      // With keys in hand, an unknown key id is the token's fault even if asking for more keys fails.
      if (error instanceof FetchError && !fetcher.hasDelivered) {
        throw new Refusal(503, "The keys that tokens are verified with cannot be fetched. Try again later.", {
          retryAfter: FETCH_PAUSE_MS / 1000,
        });
      }
      throw error instanceof JwtExpiredError
        ? invalidToken("The token has expired. Log in again.")
        : invalidToken("The token is not one for this API. Log in again.");
    }
  };
}

function checkTimes(claims: Claims): Claims {
  if (typeof claims.exp !== "number") throw invalidToken("The token has no expiry. Log in again.");
  if (typeof claims.iat === "number" && claims.iat > Date.now() / 1000 + CLOCK_SKEW_S) {
    throw invalidToken("The token was issued in the future. Log in again.");
  }
  return claims;
}

/** Fetches keys, but not again for a while after a failure. */
class PausingFetcher implements KeySource {
  private readonly source: KeySource;
  private pausedUntil = 0;
  hasDelivered = false;

  constructor(source: KeySource) {
    this.source = source;
  }

  async fetch(uri: string): Promise<ArrayBuffer> {
    if (Date.now() < this.pausedUntil) {
      throw new FetchError(uri, "the last attempt failed a moment ago");
    }
    try {
      const keys = await this.source.fetch(uri);
      const jwks = JSON.parse(new TextDecoder().decode(keys));
      // A proxy's error page is as good as no answer, and so is a list without keys.
      assertIsJwks(jwks);
      if (jwks.keys.length === 0) throw new FetchError(uri, "the list of keys is empty");
      this.hasDelivered = true;
      return keys;
    } catch (error) {
      this.pausedUntil = Date.now() + FETCH_PAUSE_MS;
      throw error instanceof FetchError ? error : new FetchError(uri, String(error));
    }
  }
}
