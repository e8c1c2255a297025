/**
 * The state machine of the refresh: from its file, with the functions filled in, a role, logs and traces.
 */
import { readFileSync } from "node:fs";
import { RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { allow, type LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";

/** What the state machine is made of. */
export interface RefreshStateMachineProps {
  /** The state machine in Amazon States Language. */
  readonly definitionFile: string;
  /** The functions by the names that the definition has for them. */
  readonly functions: Readonly<Record<string, LeastPrivilegeFunction>>;
  /** Which events of an execution are logged. */
  readonly logLevel: LogLevel;
  /** Whether inputs and outputs of states are logged too. */
  readonly logExecutionData: boolean;
  /** How long. */
  readonly logRetention: RetentionDays;
}

// Neither service has resources to name here:
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
const LOG_DELIVERY = [
  "logs:CreateLogDelivery",
  "logs:GetLogDelivery",
  "logs:UpdateLogDelivery",
  "logs:DeleteLogDelivery",
  "logs:ListLogDeliveries",
  "logs:PutResourcePolicy",
  "logs:DescribeResourcePolicies",
  "logs:DescribeLogGroups",
];
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
const TRACING = [
  "xray:PutTraceSegments",
  "xray:PutTelemetryRecords",
  "xray:GetSamplingRules",
  "xray:GetSamplingTargets",
];

/** Makes the state machine in `scope`. */
export function refreshStateMachine(scope: Construct, props: RefreshStateMachineProps): StateMachine {
  const role = new Role(scope, "StateMachineRole", {
    assumedBy: new ServicePrincipal("states.amazonaws.com"),
    description: "Runs one tenant's refresh",
  });
  const arns = Object.entries(props.functions).map(
    ([name, each]) => [name, each.function.functionArn] as const,
  );
  role.addToPolicy(
    new PolicyStatement({
      sid: "CallFunctions",
      actions: ["lambda:InvokeFunction"],
      resources: arns.map(([, arn]) => arn),
    }),
  );
  role.addToPolicy(allow("DeliverLogs", LOG_DELIVERY, "*"));
  role.addToPolicy(allow("Trace", TRACING, "*"));
  Validations.of(role).acknowledge({
    id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
    reason: "Log delivery and X-Ray have no resources to name",
  });
  const logs = new LogGroup(scope, "Executions", {
    // Below this prefix Step Functions adds nothing to the account's log resource policy, which has a size limit:
    // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    logGroupName: `/aws/vendedlogs/states/${Stack.of(scope).stackName}-${scope.node.id}`,
    retention: props.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const stateMachine = new StateMachine(scope, "Refresh", {
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(readFileSync(props.definitionFile, "utf8")),
    definitionSubstitutions: Object.fromEntries(arns),
    role: role.withoutPolicyUpdates(),
    tracingEnabled: true,
    logs: { destination: logs, level: props.logLevel, includeExecutionData: props.logExecutionData },
  });
  if (props.logLevel !== LogLevel.ALL) {
    Validations.of(stateMachine).acknowledge({
      id: "AwsSolutions::AwsSolutions-SF1",
      reason: `The operator has set the level to ${props.logLevel}`,
    });
  }
  // The policy is a resource of its own: Step Functions tries its log permissions when the machine is created.
  stateMachine.node.addDependency(role);
  return stateMachine;
}
