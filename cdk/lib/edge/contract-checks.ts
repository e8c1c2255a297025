/**
 * What the CDK app asks at synth before it bundles settings into the edge functions. Every check returns all problems,
 * each with its mend; an empty list is good.
 */
import type { Contract } from "../contract/contract.ts";
import type { TokenSettings } from "./edge-bundle.ts";
import { MAX_TAG_LENGTH, MAX_TAGS } from "./runtime/cache-tags.ts";
import { header } from "./runtime/event.ts";
import { MAX_LENGTH, PATTERN } from "./runtime/tenant-id.ts";
import { tokenVerifier } from "./runtime/token.ts";
import { variantValue } from "./runtime/variants.ts";

/**
 * Headers that an edge function may not write: CloudFront answers 502, or drops the change
 * (Developer Guide, "Restrictions on edge functions": disallowed and read-only headers).
 */
const UNWRITABLE = new RegExp(
  `^(${[
    "connection|expect|keep-alive|trailer|transfer-encoding|upgrade|via|host|content-length",
    "proxy-(authenticate|authorization|connection)",
    "x-accel-(buffering|charset|limit-rate|redirect)",
    "x-amz-cf-.*|x-amzn-.*|x-edge-.*",
    "x-cache|x-forwarded-proto|x-real-ip",
  ].join("|")})$`,
);

/** Headers that mean something else to browsers, caches or the authorizer. */
const TAKEN = ["authorization", "cache-control", "content-type", "cookie", "expires", "set-cookie", "vary"];

/** Each variant's `send` must normalise to its own value, or the prewarmer fills another entry than it reports. */
export function checkVariants(contract: Contract): string[] {
  const problems: string[] = [];
  for (const variant of contract.variants.filter(({ from }) => !from.startsWith("claim:"))) {
    for (const { value, send = "" } of variant.values) {
      const got = variantValue(variant, header(variant.from, send));
      if (got !== value) {
        problems.push(
          `variants ${variant.header}: ${variant.from} "${send}" gives "${got}", not "${value}": ` +
            `change \`send\` or \`matches\` of "${value}", or the order of the values`,
        );
      }
    }
  }
  return problems;
}

/** Every tag that the tagger can write must be one that CloudFront keeps. */
export function checkTags(contract: Contract): string[] {
  const problems: string[] = [];
  const scopes = Object.keys(contract.scopes ?? {});
  if (scopes.length + 1 > MAX_TAGS) {
    problems.push(
      `scopes: ${scopes.length} scopes and the tenant's own make more than the ${MAX_TAGS} tags that CloudFront reads of a response; merge scopes`,
    );
  }
  for (const scope of ["", ...scopes]) {
    const length = contract.tagPrefix.length + MAX_LENGTH + (scope === "" ? 0 : scope.length + 1);
    if (length > MAX_TAG_LENGTH) {
      problems.push(
        `${scope ? `scopes.${scope}` : "tagPrefix"}: tags can reach ${length} characters, CloudFront ignores what is over ${MAX_TAG_LENGTH}; shorten it`,
      );
    }
    if (!/^[\x21-\x2b\x2d-\x7e]*$/.test(contract.tagPrefix + scope)) {
      problems.push(
        `${scope ? `scopes.${scope}` : "tagPrefix"}: a tag has visible ASCII characters without comma only`,
      );
    }
  }
  const { pattern, maxLength } = contract.tenant.id ?? { pattern: PATTERN, maxLength: MAX_LENGTH };
  if (pattern !== PATTERN || maxLength !== MAX_LENGTH) {
    problems.push(
      `tenant.id: the edge functions know "${PATTERN}" up to ${MAX_LENGTH} characters only; the contract says "${pattern}" up to ${maxLength}`,
    );
  }
  return problems;
}

/** The headers that the edge functions write must be theirs to write, and no two of them one to an origin. */
export function checkHeaders(contract: Contract): string[] {
  const problems: string[] = [];
  const written = [
    { place: "tagHeader", name: contract.tagHeader },
    { place: "previousTagHeader", name: contract.previousTagHeader ?? "" },
    { place: "tenant.header", name: contract.tenant.header },
    ...contract.variants.map(({ header: name }) => ({ place: "variants", name })),
  ].filter(({ name }) => name !== "");
  for (const { place, name } of written) {
    if (UNWRITABLE.test(name.toLowerCase()) || TAKEN.includes(name.toLowerCase())) {
      problems.push(
        `${place}: "${name}" is not an edge function's to write; choose a header of your own, such as "x-organization-id"`,
      );
    }
  }
  const names = written.map(({ name }) => name.toLowerCase().replaceAll("_", "-"));
  for (const name of new Set(names.filter((name, at) => names.indexOf(name) !== at))) {
    problems.push(
      `"${name}" is written for two purposes (an origin may read "_" as "-"); give each its own header`,
    );
  }
  return problems;
}

/** The verifier must be able to start with these settings. */
export function checkUserPool(userPool: TokenSettings): string[] {
  const problems: string[] = [];
  if (userPool.tokenUse !== "id" && userPool.tokenUse !== "access") {
    problems.push(`userPool.tokenUse is ${JSON.stringify(userPool.tokenUse)}; say "id" or "access"`);
  }
  if (userPool.clientIds !== null && !(Array.isArray(userPool.clientIds) && userPool.clientIds.length > 0)) {
    problems.push(
      "userPool.clientIds lets nobody in; list the app clients' ids, the prewarmer's too, or null for any client of the pool",
    );
  }
  const keys = userPool.jwks?.keys as readonly (Record<string, unknown> | null)[] | undefined;
  const arePublic =
    Array.isArray(keys) && keys.length > 0 && keys.every((key) => key?.kid && key.kty === "RSA" && !key.d);
  if (userPool.jwks && !arePublic) {
    problems.push(
      "userPool.jwks is not a list of public RSA keys; take it from the pool's /.well-known/jwks.json, or null to fetch it at run time",
    );
  }
  try {
    tokenVerifier(userPool);
  } catch (error) {
    problems.push(
      `userPool: ${error instanceof Error ? error.message : error}; a pool id looks like eu-central-1_AbCdEfGhI`,
    );
  }
  return problems;
}
