/**
 * A Lambda function with a role of its own, in which every right is written out, and a log group of its own.
 */
import { Aws, type Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import {
  ApplicationLogLevel,
  type Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  type Runtime,
  SystemLogLevel,
  type Version,
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
  /**
   * Invocations at once: kept for this function, and no more.
   * @default as many as the account has left
   */
  readonly reservedConcurrency?: number | undefined;
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
  /** Its role: what is written here, and what is granted to the function. */
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
      reservedConcurrentExecutions: props.reservedConcurrency,
      timeout: props.timeout,
      environment: { ...props.environment },
      // As it is, so that grants to the function reach it.
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: props.logLevel ?? ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      // Whoever still calls an earlier version may go on. Not so when the deployment that made it is rolled back: Lambda
      // publishes no version that equals the last one, and the next attempt would fail.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE },
    });
  }

  /** The version that this deployment publishes: a new one whenever code or configuration changes, never changed. */
  get version(): Version {
    return this.function.currentVersion;
  }
}

/** A statement that allows `actions` on one resource. */
export function allow(sid: string, actions: string[], resource: string): PolicyStatement {
  return new PolicyStatement({ sid, actions, resources: [resource] });
}

/** A statement that allows `actions` with a KMS key, as long as it is Secrets Manager that uses it. */
export function allowThroughSecretsManager(sid: string, actions: string[], key: IKey): PolicyStatement {
  return new PolicyStatement({
    sid,
    actions,
    resources: [key.keyArn],
    conditions: { StringEquals: { "kms:ViaService": `secretsmanager.${Aws.REGION}.${Aws.URL_SUFFIX}` } },
  });
}
