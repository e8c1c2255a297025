/**
 * Mistakes that CloudFront accepts in silence and that end in another tenant's data or in a purge of nothing: errors at
 * synth, each with its mend. What a mistake is says the rulebook.
 */
import { type Duration, Stack } from "aws-cdk-lib";
import type { Distribution } from "aws-cdk-lib/aws-cloudfront";
import type { Contract } from "../contract/contract.ts";
import type { EdgeFunction } from "../edge/edge-function.ts";
import { rendered } from "../rulebook/rendered.ts";
import { distributionProblems } from "../rulebook/rulebook.ts";

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
  /**
   * Patterns that are meant to take signed URLs and cookies only.
   * @default none
   */
  readonly signedPaths?: readonly string[];
  /**
   * Whether the API is meant to be reached by plain HTTP.
   * @default false
   */
  readonly plainHttpOrigin?: boolean;
  /**
   * How long the prewarmer reckons that CloudFront keeps an error.
   * @default what the RefreshPipeline of the app reckons with; without one, 10 seconds
   */
  readonly errorCachingTtl?: Duration;
}

/**
 * Checks `distribution` whenever its app is synthesized: after the aspects, on what will be in the template. Works for
 * distributions that were made without us, too.
 */
export function guardDistribution(distribution: Distribution, props: GuardProps): void {
  const reference = (edge: EdgeFunction): unknown => Stack.of(distribution).resolve(edge.version.functionArn);
  distribution.node.addValidation({
    validate: () =>
      distributionProblems(rendered(distribution), {
        contract: JSON.stringify(props.contract),
        publicPaths: props.publicPaths ?? [],
        signedPaths: props.signedPaths ?? [],
        taggers: [reference(props.tagger)],
        authorizers: [reference(props.authorizer)],
        plainHttpOrigin: props.plainHttpOrigin ?? false,
        errorCachingTtl: props.errorCachingTtl?.toSeconds(),
      }),
  });
}
