/**
 * A Lambda function with a role of its own, in which every right is written out, and a log group of its own.
 */
import { type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  ApplicationLogLevel,
  type Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  type Runtime,
  SystemLogLevel,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";

/** Properties of {@link LeastPrivilegeFunction}. */
export interface LeastPrivilegeFunctionProps {
  /** What the function does, shown in the console. */
  readonly description: string;
  /** What is run. */
  readonly code: Code;
  /** By what. */
  readonly runtime: Runtime;
  /** Where it begins. */
  readonly handler: string;
  /** The architecture that the code was built for. */
  readonly architecture: Architecture;
  /** Memory in MiB. */
  readonly memorySize: number;
  /** Time after which Lambda kills one invocation. */
  readonly timeout: Duration;
  /** Everything the function may do, apart from writing its own log. */
  readonly permissions: readonly PolicyStatement[];
  /** @default none */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default one month */
  readonly logRetention?: RetentionDays;
  /**
   * Lowest level that is logged; Lambda hands it on as `AWS_LAMBDA_LOG_LEVEL`.
   * @default ApplicationLogLevel.INFO
   */
  readonly logLevel?: ApplicationLogLevel;
}

/** A function that may do what is written here, and nothing else. */
export class LeastPrivilegeFunction extends Construct {
  /** The Lambda function. */
  readonly function: LambdaFunction;
  /** Its role; the library adds nothing to it. */
  readonly role: Role;
  /** Where it logs. */
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, props: LeastPrivilegeFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, "Logs", {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: props.description,
    });
    this.role.addToPolicy(
      allow("WriteOwnLog", ["logs:CreateLogStream", "logs:PutLogEvents"], this.logGroup.logGroupArn),
    );
    for (const permission of props.permissions) this.role.addToPolicy(permission);
    this.function = new LambdaFunction(this, "Function", {
      description: props.description,
      runtime: props.runtime,
      handler: props.handler,
      code: props.code,
      architecture: props.architecture,
      memorySize: props.memorySize,
      timeout: props.timeout,
      environment: { ...props.environment },
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: props.logLevel ?? ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
    });
    // The policy is a resource of its own: without this the function could run before it has its rights.
    this.function.node.addDependency(this.role);
  }
}

/** A statement that allows `actions` on one resource. */
export function allow(sid: string, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources: [resource] });
}
