/**
 * A state machine of which every deployment publishes a version, with an alias on the newest. An execution that was
 * started through the alias stays on its version to the end, redrives included.
 * https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Lazy, RemovalPolicy, Stack, Validations } from "aws-cdk-lib";
import { Grant, type IGrantable, type PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  CfnStateMachineAlias,
  CfnStateMachineVersion,
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";

/** Properties of {@link VersionedStateMachine}. */
export interface VersionedStateMachineProps {
  /** What it does. */
  readonly description: string;
  /** The state machine in Amazon States Language. */
  readonly definitionFile: string;
  /** Values for each `${name}` of the definition. What they name has to be versions, not what changes in place. */
  readonly substitutions: Readonly<Record<string, string>>;
  /** What the definition needs to do, apart from logs and traces. */
  readonly permissions: readonly PolicyStatement[];
  /** Which events of an execution are logged. */
  readonly logLevel: LogLevel;
  /** Whether inputs and outputs of states are logged too. */
  readonly logExecutionData: boolean;
  /** How long. */
  readonly logRetention: RetentionDays;
}

/** The name of the alias. */
export const LIVE = "live";

/** A state machine, its newest version and the alias through which executions start. */
export class VersionedStateMachine extends Construct {
  /** The state machine; what it runs is the definition that was deployed last. */
  readonly stateMachine: StateMachine;
  /** Its role; what is granted to the state machine is granted here. */
  readonly role: Role;
  /** Where executions start. */
  readonly aliasArn: string;

  constructor(scope: Construct, id: string, props: VersionedStateMachineProps) {
    super(scope, id);
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("states.amazonaws.com"),
      description: props.description,
    });
    for (const permission of props.permissions) this.role.addToPolicy(permission);
    const definition = readFileSync(props.definitionFile, "utf8");
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(definition),
      definitionSubstitutions: { ...props.substitutions },
      role: this.role,
      tracingEnabled: true,
      logs: {
        destination: this.logGroup(props.logRetention),
        level: props.logLevel,
        includeExecutionData: props.logExecutionData,
      },
    });
    this.acknowledge(props);
    this.aliasArn = this.alias(this.version([definition, props.substitutions])).ref;
  }

  /** Lets `grantee` start executions, and nothing else. */
  grantStartExecution(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ["states:StartExecution"],
      resourceArns: [this.aliasArn],
    });
  }

  private logGroup(retention: RetentionDays): LogGroup {
    return new LogGroup(this, "Executions", {
      // Below this prefix Step Functions adds nothing to the account's log resource policy, which has a size limit:
      // https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
      logGroupName: `/aws/vendedlogs/states/${Stack.of(this).stackName}-${this.node.id}`,
      retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** A version of its own for each `content`; earlier ones stay, since executions may still run or be redriven. */
  private version(content: unknown): CfnStateMachineVersion {
    const version = new CfnStateMachineVersion(this, "Version", {
      stateMachineArn: this.stateMachine.stateMachineArn,
      stateMachineRevisionId: this.stateMachine.stateMachineRevisionId,
    });
    version.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
    const stack = Stack.of(this);
    const name = stack.getLogicalId(version);
    version.overrideLogicalId(
      Lazy.uncachedString({
        produce: () => {
          const text = JSON.stringify(stack.resolve(content));
          return `${name.slice(-223)}${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
        },
      }),
    );
    return version;
  }

  private alias(version: CfnStateMachineVersion): CfnStateMachineAlias {
    return new CfnStateMachineAlias(this, "Alias", {
      name: LIVE,
      description: "The version that new executions run",
      routingConfiguration: [{ stateMachineVersionArn: version.ref, weight: 100 }],
    });
  }

  private acknowledge({ logLevel }: VersionedStateMachineProps): void {
    Validations.of(this.role).acknowledge({
      id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
      reason: "Log delivery and X-Ray have no resources to name",
    });
    if (logLevel !== LogLevel.ALL) {
      Validations.of(this.stateMachine).acknowledge({
        id: "AwsSolutions::AwsSolutions-SF1",
        reason: `The operator has set the level to ${logLevel}`,
      });
    }
  }
}
