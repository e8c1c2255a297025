/**
 * The last part of a tenant's data refresh: a state machine that purges by cache tag, waits, prewarms and proves,
 * and the three functions it calls. Roles are written by hand, one per function.
 */
import { Stack, Validations } from "aws-cdk-lib";
import { type Grant, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { CfnFunction } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { LogLevel, type StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { readContract } from "../contract/contract.ts";
import type { LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";
import { type PipelineFunctions, pipelineFunctions } from "./pipeline-functions.ts";
import type { RefreshPipelineProps } from "./refresh-pipeline-props.ts";
import { VersionedStateMachine } from "./versioned-state-machine.ts";

/** State machine, functions, roles, logs and parameters of the refresh. */
export class RefreshPipeline extends Construct {
  /** The refresh: one execution is one tenant's. */
  readonly refresh: VersionedStateMachine;
  /** Creates the invalidation. */
  readonly invalidate: LeastPrivilegeFunction;
  /** Waits for it. */
  readonly poll: LeastPrivilegeFunction;
  /** Logs in, requests, and judges what came back. */
  readonly prewarm: LeastPrivilegeFunction;

  constructor(scope: Construct, id: string, props: RefreshPipelineProps) {
    super(scope, id);
    // What the functions would refuse at their start has to fail here.
    readContract(props.contractFile);
    const functions = pipelineFunctions(this, props);
    this.invalidate = functions.invalidate;
    this.poll = functions.poll;
    this.prewarm = functions.prewarm;
    this.refresh = new VersionedStateMachine(this, "Refresh", {
      description: "Runs one tenant's refresh",
      definitionFile: props.definitionFile,
      // Versions, so that a deployment changes nothing for executions that have begun.
      substitutions: {
        InvalidateFunctionArn: this.invalidate.version.functionArn,
        PollFunctionArn: this.poll.version.functionArn,
        PrewarmFunctionArn: this.prewarm.version.functionArn,
      },
      permissions: [callFunctions(functions)],
      logLevel: props.executionLogLevel ?? LogLevel.ALL,
      logExecutionData: props.logExecutionData ?? false,
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    });
    this.acknowledgeVersions(functions);
    this.parameters(props);
  }

  /** The state machine. Its executions start through {@link stateMachineAliasArn}. */
  get stateMachine(): StateMachine {
    return this.refresh.stateMachine;
  }

  /** What executions are started with: the version that was deployed last. */
  get stateMachineAliasArn(): string {
    return this.refresh.aliasArn;
  }

  /** Lets `grantee` start refreshes, and nothing else. */
  grantStartExecution(grantee: IGrantable): Grant {
    return this.refresh.grantStartExecution(grantee);
  }

  private acknowledgeVersions(functions: PipelineFunctions): void {
    for (const { function: each } of Object.values(functions)) {
      const id = Stack.of(this).getLogicalId(each.node.defaultChild as CfnFunction);
      Validations.of(this.refresh.role).acknowledge({
        id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${id}.Arn>:*]`,
        reason: "Executions that began before a deployment still call the versions they began with",
      });
    }
  }

  private parameters(props: RefreshPipelineProps): void {
    const prefix = props.parameterPrefix ?? "/warmfront";
    for (const [name, description, stringValue] of [
      ["state-machine-alias-arn", "Start one execution of it per tenant", this.stateMachineAliasArn],
      ["state-machine-arn", "The state machine behind the alias", this.stateMachine.stateMachineArn],
      ["distribution-id", "The distribution that the refresh purges", props.distribution.distributionId],
    ] as const) {
      new StringParameter(this, `Parameter-${name}`, {
        parameterName: `${prefix}/${name}`,
        description,
        stringValue,
      });
    }
  }
}

/** Any version of the functions: an execution calls those that it began with. */
function callFunctions(functions: PipelineFunctions): PolicyStatement {
  return new PolicyStatement({
    sid: "CallFunctions",
    actions: ["lambda:InvokeFunction"],
    resources: Object.values(functions).map((each) => `${each.function.functionArn}:*`),
  });
}
