/**
 * The one token of a request: in `Authorization`, or, where the settings name one, in a cookie.
 */
import type { CloudFrontHeaders } from "aws-lambda";
import { cookies } from "./cookies.ts";
import { headerValues } from "./event.ts";
import { Refusal } from "./refusal.ts";

/** A token that nobody has verified yet. */
export interface Credentials {
  readonly token: string;
  /** Browsers send cookies unasked, on requests that other sites begin as well. */
  readonly fromCookie: boolean;
}

/** One token, with or without the scheme (API Gateway's Cognito authorizer takes both). */
const IN_HEADER = /^(?:Bearer +)?([\w-]+\.[\w-]+\.[\w-]+)$/i;

const IN_COOKIE = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Reads the token; throws a {@link Refusal} where there is none, or more than one. */
export function credentialsOf(headers: CloudFrontHeaders, cookieName?: string): Credentials {
  const place = `Authorization: Bearer <token>${cookieName === undefined ? "" : `, or the cookie ${cookieName}`}`;
  const lines = headerValues(headers, "authorization");
  if (lines.length > 0) {
    // Of two, the origin might read the other one.
    const token = lines.length === 1 ? IN_HEADER.exec(lines[0]?.trim() ?? "")?.[1] : undefined;
    if (token === undefined) throw invalidToken(`One token is required: ${place}.`);
    return { token, fromCookie: false };
  }
  const values = new Set(
    cookies(headers)
      .filter(({ name }) => name === cookieName)
      .map(({ value }) => value),
  );
  const [token] = values;
  if (token === undefined) {
    throw new Refusal(401, `A token is required: ${place}.`, { challenge: "Bearer" });
  }
  if (values.size > 1 || !IN_COOKIE.test(token)) throw invalidToken(`One token is required: ${place}.`);
  return { token, fromCookie: true };
}

/** A 401 for a token that was sent. */
export function invalidToken(message: string): Refusal {
  return new Refusal(401, message, {
    challenge: `Bearer error="invalid_token", error_description="${message}"`,
  });
}
