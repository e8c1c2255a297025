/**
 * The edge function that says what is not cached, so that a run which only looks begins no computation.
 */
import { LambdaEdgeEventType } from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import { edgeCode } from "./edge-bundle.ts";
import { EdgeFunction } from "./edge-function.ts";

/** Properties of {@link MissReporter}. */
export interface MissReporterProps {
  /** The contract: whether `Origin` is in the key. */
  readonly contract: Contract;
}

/** Origin-request: answers the prewarmer's looks where nothing is cached, and lets everything else pass. */
export class MissReporter extends EdgeFunction {
  constructor(scope: Construct, id: string, props: MissReporterProps) {
    super(scope, id, {
      description: "Says what is not cached to runs that only look",
      code: edgeCode("miss-reporter", { contract: props.contract, userPool: null }),
      eventType: LambdaEdgeEventType.ORIGIN_REQUEST,
      role: "miss-reporter",
    });
  }
}
