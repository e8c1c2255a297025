/**
 * The edge function that tags cached tenant responses, from the header that is in the cache key.
 */
import { LambdaEdgeEventType } from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import { edgeCode } from "./edge-bundle.ts";
import { EdgeFunction } from "./edge-function.ts";

/** Properties of {@link CacheTagger}. */
export interface CacheTaggerProps {
  /** The contract: tag header and prefix, tenant header, scopes. */
  readonly contract: Contract;
}

/** Origin-response: the tenant's tag first, then the tags of the scopes that the path is in. */
export class CacheTagger extends EdgeFunction {
  /** The response header it writes, which has to be the distribution's `CacheTagConfig` header. */
  readonly tagHeader: string;

  constructor(scope: Construct, id: string, props: CacheTaggerProps) {
    super(scope, id, {
      description: "Tags cached tenant responses with their tenant",
      code: edgeCode("cache-tagger", { contract: props.contract, userPool: null }),
      eventType: LambdaEdgeEventType.ORIGIN_RESPONSE,
      role: "tagger",
    });
    this.tagHeader = props.contract.tagHeader;
  }
}
