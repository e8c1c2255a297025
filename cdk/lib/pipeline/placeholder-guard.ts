/**
 * Keeps functions without their binaries off AWS: a missing binary is an error, and where a template was asked for
 * all the same, the template itself refuses to be deployed.
 */
import { Annotations, CfnRule, Fn } from "aws-cdk-lib";
import type { Construct } from "constructs";

/** Refuses to deploy `scope` when `missing` names any binary. */
export function refusePlaceholders(scope: Construct, missing: readonly string[], allowed: boolean): void {
  if (missing.length === 0) return;
  const problem = `no binary at ${missing.join(", ")}: run "make build" first`;
  if (!allowed) {
    Annotations.of(scope).addError(problem);
    return;
  }
  Annotations.of(scope).addWarningV2("warmfront:placeholder", `${problem}; this template cannot be deployed`);
  // CloudFormation checks rules before it touches a resource.
  new CfnRule(scope, "BuiltBinaries", {
    assertions: [
      {
        assert: Fn.conditionEquals("placeholder", "built"),
        assertDescription: `Synthesized without binaries: ${problem}, then deploy again`,
      },
    ],
  });
}
