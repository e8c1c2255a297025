/**
 * One of the pipeline's functions: a native binary with a role, a log group and nothing it does not need.
 */
import type { Duration } from "aws-cdk-lib";
import { RemovalPolicy } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Effect, Role, ServicePrincipal, PolicyStatement as Statement } from "aws-cdk-lib/aws-iam";
import {
  type ApplicationLogLevel,
  type Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { LogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

/** Properties of {@link PipelineFunction}. */
export interface PipelineFunctionProps {
  /** What the function does, shown in the console. */
  readonly description: string;
  /** A zip with `bootstrap` and `contract.json`. */
  readonly code: Code;
  /** The architecture that `bootstrap` was built for. */
  readonly architecture: Architecture;
  /** Memory in MiB. */
  readonly memorySize: number;
  /** Time after which Lambda kills one invocation. */
  readonly timeout: Duration;
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Everything the function may do, apart from writing its own log. */
  readonly permissions: readonly PolicyStatement[];
  /** How long its log is kept. */
  readonly logRetention: RetentionDays;
  /** Lowest level that is logged; Lambda hands it on as `AWS_LAMBDA_LOG_LEVEL`. */
  readonly logLevel: ApplicationLogLevel;
}

/** A function of the pipeline with a role of its own. */
export class PipelineFunction extends Construct {
  /** The Lambda function. */
  readonly function: LambdaFunction;
  /** Its role; everything in it is written here. */
  readonly role: Role;
  /** Where it logs. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: PipelineFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, "Logs", {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: props.description,
    });
    this.role.addToPolicy(
      new Statement({
        sid: "WriteOwnLog",
        effect: Effect.ALLOW,
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [this.logGroup.logGroupArn],
      }),
    );
    for (const permission of props.permissions) this.role.addToPolicy(permission);
    this.function = new LambdaFunction(this, "Function", {
      description: props.description,
      runtime: Runtime.PROVIDED_AL2023,
      handler: "bootstrap",
      code: props.code,
      architecture: props.architecture,
      memorySize: props.memorySize,
      timeout: props.timeout,
      environment: { ...props.environment },
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: props.logLevel,
      systemLogLevelV2: SystemLogLevel.WARN,
    });
    // The policy is a resource of its own: without this the function could run before it has its rights.
    this.function.node.addDependency(this.role);
  }
}
