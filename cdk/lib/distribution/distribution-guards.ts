/**
 * Mistakes that CloudFront accepts in silence and that end in another tenant's data or in a purge of nothing.
 * Each guard is an error at synth, with its mend.
 */
import { Stack } from "aws-cdk-lib";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import type { Contract } from "../contract/contract.ts";
import { matchesPath, overlap, pathOf, queryNamesOf } from "../contract/path-patterns.ts";
import { seconds } from "../duration.ts";
import type { EdgeFunction } from "../edge/edge-function.ts";
import {
  type BehaviorModel,
  caches,
  type DistributionModel,
  includes,
  readDistribution,
} from "./distribution-model.ts";

/** What a distribution is held against. */
export interface GuardProps {
  /** What is cached and how. */
  readonly contract: Contract;
  /** The function that has to tag what is cached. */
  readonly tagger: EdgeFunction;
  /** The function that has to see every request for it. */
  readonly authorizer: EdgeFunction;
  /**
   * Patterns that are meant to be reached without a token.
   * @default none
   */
  readonly publicPaths?: readonly string[];
}

/** Checks `distribution` whenever its app is synthesized. Works for distributions that were made without us, too. */
export function guardDistribution(distribution: Distribution, props: GuardProps): void {
  distribution.node.addValidation({
    validate: () =>
      distributionProblems(readDistribution(distribution), {
        contract: props.contract,
        publicPaths: props.publicPaths ?? [],
        tagger: reference(distribution, props.tagger),
        authorizer: reference(distribution, props.authorizer),
      }),
  });
}

/** The guards' view of {@link GuardProps}: functions as the references that stand in the template. */
export interface Expectations {
  readonly contract: Contract;
  readonly publicPaths: readonly string[];
  readonly tagger: string;
  readonly authorizer: string;
}

function reference(distribution: Distribution, edge: EdgeFunction): string {
  return JSON.stringify(Stack.of(distribution).resolve(edge.version.functionArn));
}

/** Every mistake in `model`, each with its mend. */
export function distributionProblems(model: DistributionModel, expected: Expectations): string[] {
  const tenantBehaviors = model.behaviors.filter((behavior) => isTenantBehavior(behavior, model, expected));
  return [
    ...tagProblems(model, expected),
    ...tenantBehaviors.flatMap((behavior) => [
      ...edgeProblems(behavior, expected),
      ...keyProblems(behavior, expected),
      ...visibilityProblems(behavior, expected),
    ]),
    ...model.behaviors.flatMap((behavior) => [
      ...viewerSideProblems(behavior),
      ...failoverProblems(behavior),
      ...wayRoundProblems(behavior, tenantBehaviors, expected),
    ]),
    ...expected.contract.endpoints.flatMap((endpoint) => endpointProblems(endpoint, model, expected)),
    ...publicPathProblems(model, expected),
  ];
}

/** The behaviour that serves a path: the first that matches. */
export function behaviorFor(model: DistributionModel, path: string): BehaviorModel {
  return model.behaviors.find(
    ({ isDefault, pattern }) => isDefault || matchesPath(pattern, path),
  ) as BehaviorModel;
}

// A behaviour that can answer for a tenant path, unless it is declared public. The default one only where it does.
function isTenantBehavior(
  behavior: BehaviorModel,
  model: DistributionModel,
  expected: Expectations,
): boolean {
  if (expected.publicPaths.includes(behavior.pattern)) return false;
  if (
    expected.contract.endpoints.some((endpoint) => behaviorFor(model, pathOf(endpoint.path)) === behavior)
  ) {
    return true;
  }
  return (
    !behavior.isDefault && expected.contract.paths.some((path) => overlap(path.pattern, behavior.pattern))
  );
}

function tagProblems(model: DistributionModel, { contract }: Expectations): string[] {
  if (model.tagHeader === undefined) {
    return [
      `CacheTagConfig is missing: CloudFront would ignore every tag and purge nothing; set cacheTagConfig: { headerName: "${contract.tagHeader}" }`,
    ];
  }
  if (model.tagHeader.toLowerCase() !== contract.tagHeader.toLowerCase()) {
    return [
      `CacheTagConfig reads "${model.tagHeader}" and the tagger writes "${contract.tagHeader}": purges would hit nothing; give both the contract's tagHeader`,
    ];
  }
  return [];
}

function edgeProblems(behavior: BehaviorModel, expected: Expectations): string[] {
  const problems: string[] = [];
  const at = named(behavior);
  if (!isAuthorized(behavior, expected)) {
    problems.push(
      `${at} is on a tenant path and lacks the viewer authorizer: anyone is served from its cache; associate the authorizer with viewer-request`,
    );
    const { headers } = behavior.forwarding;
    if (caches(behavior) && includes(headers, "authorization")) {
      problems.push(
        `${at} forwards the viewer's Authorization header without the viewer authorizer: the first user's answer is served to everyone; associate the authorizer with viewer-request, or do not cache this path`,
      );
    }
  }
  if (caches(behavior) && JSON.stringify(behavior.edge["origin-response"]) !== expected.tagger) {
    problems.push(
      `${at} is on a tenant path and lacks the cache tagger: what it caches cannot be purged by tag; associate the tagger with origin-response`,
    );
  }
  return problems;
}

function keyProblems(behavior: BehaviorModel, { contract }: Expectations): string[] {
  if (!caches(behavior)) return [];
  const { key } = behavior;
  const at = named(behavior);
  if (!key) {
    return [
      `${at} has a cache policy that is not part of this app: its key cannot be checked; use a CachePolicy of the app`,
    ];
  }
  const problems: string[] = [];
  const { header } = contract.tenant;
  if (!includes(key.headers, header)) {
    problems.push(
      `${at} is tagged from "${header}", which is not in its cache key: one tenant's answer is served to others; add "${header}" to the cache policy's headers (cacheKey.headers of the contract)`,
    );
  }
  if (includes(key.headers, "authorization")) {
    problems.push(
      `${at} has Authorization in its cache key: every login is an entry of its own, and prewarming helps nobody; take it out, the viewer authorizer checks it`,
    );
  }
  for (const variant of contract.variants.filter((each) => !includes(key.headers, each.header))) {
    problems.push(
      `${at} varies by "${variant.header}", which is not in its cache key; add it to the cache policy's headers (cacheKey.headers of the contract)`,
    );
  }
  if (key.minTtl > 0) {
    problems.push(
      `${at} has a minimum TTL of ${key.minTtl} s: it overrules an origin that says private or no-store; set minTtl to 0`,
    );
  }
  return problems;
}

function visibilityProblems(behavior: BehaviorModel, { contract }: Expectations): string[] {
  return [contract.tagHeader, contract.previousTagHeader]
    .filter((header) => header !== undefined)
    .filter((header) => !behavior.removedHeaders.includes(header.toLowerCase()))
    .map(
      (header) =>
        `${named(behavior)} lets viewers see "${header}", which names tenants; remove it in the response headers policy (removeHeaders)`,
    );
}

function viewerSideProblems(behavior: BehaviorModel): string[] {
  const functions = behavior.cloudFrontFunctions.filter((event) => event.startsWith("viewer-"));
  const edges = Object.keys(behavior.edge).filter((event) => event.startsWith("viewer-"));
  if (functions.length === 0 || edges.length === 0) return [];
  return [
    `${named(behavior)} has a CloudFront Function (${functions.join(", ")}) and a Lambda@Edge function (${edges.join(", ")}) on its viewer side, which CloudFront refuses; keep the viewer authorizer and move the other's work into it or to the origin side`,
  ];
}

function failoverProblems(behavior: BehaviorModel): string[] {
  const wrong = behavior.failoverCodes.filter((code) => ![500, 502, 503, 504].includes(code));
  if (wrong.length === 0) return [];
  return [
    `${named(behavior)} fails over on ${wrong.join(", ")}: that is the API's answer, and would be replaced by another's; fail over on 500, 502, 503 and 504 only`,
  ];
}

// CloudFront matches patterns against the normalised path and forwards the path as it came: `//api/x` misses `/api/*`.
function wayRoundProblems(
  behavior: BehaviorModel,
  tenantBehaviors: readonly BehaviorModel[],
  expected: Expectations,
): string[] {
  if (tenantBehaviors.includes(behavior) || expected.publicPaths.includes(behavior.pattern)) return [];
  if (isAuthorized(behavior, expected)) return [];
  // Only API origins have a read timeout; buckets hold nothing of a tenant's.
  const apis = new Set(
    tenantBehaviors
      .flatMap((each) => each.origins)
      .filter((origin) => origin.readTimeout !== undefined)
      .map((origin) => JSON.stringify(origin.domainName)),
  );
  if (!behavior.origins.some((origin) => apis.has(JSON.stringify(origin.domainName)))) return [];
  return [
    `${named(behavior)} reaches the API without the viewer authorizer, so "//" before a tenant path goes round it; associate the authorizer with viewer-request, or list the pattern in publicPaths`,
  ];
}

function endpointProblems(
  endpoint: Contract["endpoints"][number],
  model: DistributionModel,
  expected: Expectations,
): string[] {
  const at = `endpoint "${endpoint.path}"`;
  const behavior = behaviorFor(model, pathOf(endpoint.path));
  if (behavior.isDefault) {
    return [
      `${at} is matched by no behaviour but the default one; add a pattern for it to the contract's paths, or correct its path`,
    ];
  }
  if (!caches(behavior)) {
    return [
      `${at} is served by ${named(behavior)}, which does not cache: prewarming it helps nobody; give that behaviour a TTL, or drop the endpoint`,
    ];
  }
  const problems: string[] = [];
  const { key } = behavior;
  for (const name of key
    ? queryNamesOf(endpoint.path).filter((each) => !includes(key.queryNames, each))
    : []) {
    problems.push(
      `${at} has the query name "${name}", which is not in the cache key of ${named(behavior)}: answers that differ by it share one entry; add it to cacheKey.queryNames of the contract`,
    );
  }
  for (const origin of behavior.origins) {
    if (origin.readTimeout !== undefined && origin.readTimeout < seconds(endpoint.timeout)) {
      problems.push(
        `${at} may take ${endpoint.timeout} and its origin's read timeout is ${origin.readTimeout} s: CloudFront answers 504 before; raise readTimeout, or lower the endpoint's timeout`,
      );
    }
  }
  if (!expected.contract.paths.some((path) => path.pattern === behavior.pattern)) {
    problems.push(
      `${at} is served by ${named(behavior)}, which is not one of the contract's paths; add the pattern to the contract's paths, or move the behaviour behind them`,
    );
  }
  return problems;
}

function publicPathProblems(model: DistributionModel, { contract, publicPaths }: Expectations): string[] {
  return contract.endpoints
    .map((endpoint) => ({ endpoint, behavior: behaviorFor(model, pathOf(endpoint.path)) }))
    .filter(({ behavior }) => publicPaths.includes(behavior.pattern))
    .map(
      ({ endpoint, behavior }) =>
        `public path "${behavior.pattern}" covers the endpoint "${endpoint.path}", a tenant's data; make the public pattern narrower`,
    );
}

function isAuthorized(behavior: BehaviorModel, expected: Expectations): boolean {
  return JSON.stringify(behavior.edge["viewer-request"]) === expected.authorizer;
}

function named({ isDefault, pattern }: BehaviorModel): string {
  return isDefault ? "the default behaviour" : `behaviour "${pattern}"`;
}
