/**
 * The last part of a tenant's data refresh: a state machine that purges by cache tag, waits, prewarms and proves,
 * and the three functions it calls. Roles are written by hand, one per function.
 */
import { Aws, Duration, Validations } from "aws-cdk-lib";
import type { IDistribution } from "aws-cdk-lib/aws-cloudfront";
import type { IUserPool, IUserPoolClient } from "aws-cdk-lib/aws-cognito";
import type { Grant, IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { ApplicationLogLevel, Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { LogLevel, type StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { allow, LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";
import { functionCode } from "./function-code.ts";
import { refusePlaceholders } from "./placeholder-guard.ts";
import { refreshStateMachine } from "./refresh-state-machine.ts";

/** Memory of each function in MiB. */
export interface FunctionMemory {
  /** @default 128 */
  readonly invalidate?: number;
  /** @default 128 */
  readonly poll?: number;
  /** @default 256 */
  readonly prewarm?: number;
}

/** Properties of {@link RefreshPipeline}. */
export interface RefreshPipelineProps {
  /** The contract that goes into every function's zip. */
  readonly contractFile: string;
  /** The state machine in Amazon States Language, with `${PrewarmFunctionArn}` and its like to be filled in. */
  readonly definitionFile: string;
  /** Folder with `{invalidate,poll,prewarm}/bootstrap`. */
  readonly binaries: string;
  /** The distribution that is purged and warmed. */
  readonly distribution: IDistribution;
  /**
   * Where requests of the prewarmer go, without a path.
   * @default "https://" and the distribution's domain name
   */
  readonly baseUrl?: string;
  /** The pool in which the prewarmer logs in. */
  readonly userPool: IUserPool;
  /** The app client for that, with `ALLOW_ADMIN_USER_PASSWORD_AUTH`. */
  readonly userPoolClient: IUserPoolClient;
  /** The service user: JSON with `username`, `password` and, where the client has one, `clientSecret`. */
  readonly secret: ISecret;
  /**
   * What the binaries were built for.
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /** @default see {@link FunctionMemory} */
  readonly memory?: FunctionMemory;
  /**
   * Time limit of one prewarm invocation; what does not fit is left to the next one.
   * @default 900 seconds, Lambda's maximum
   */
  readonly prewarmTimeout?: Duration;
  /**
   * Budget and window of the poll, as durations such as `60s`.
   * @default 60s and 20s
   */
  readonly poll?: { readonly budget?: string; readonly window?: string };
  /**
   * How the prewarmer behaves.
   * @default 4 requests at once, error-caching TTL 10s and 2 repairs
   */
  readonly prewarm?: {
    readonly concurrency?: number;
    readonly errorCachingTtl?: string;
    readonly staleRepairs?: number;
  };
  /**
   * Whether runs may purge tenants of a multi-tenant distribution.
   * @default false
   */
  readonly distributionTenants?: boolean;
  /**
   * Further variables for all functions, for instance the SDK's own `AWS_ENDPOINT_URL_*`.
   * @default none
   */
  readonly functionEnvironment?: Readonly<Record<string, string>>;
  /** @default ApplicationLogLevel.INFO */
  readonly logLevel?: ApplicationLogLevel;
  /** @default one month */
  readonly logRetention?: RetentionDays;
  /**
   * Which events of an execution are logged.
   * @default LogLevel.ALL
   */
  readonly executionLogLevel?: LogLevel;
  /**
   * Whether inputs and outputs of states are logged too.
   * @default false
   */
  readonly logExecutionData?: boolean;
  /**
   * Where the SSM parameters lie.
   * @default "/warmfront"
   */
  readonly parameterPrefix?: string;
  /**
   * Whether a template may be made before the binaries are built; such a template refuses to be deployed.
   * @default false
   */
  readonly allowPlaceholders?: boolean;
}

/** State machine, functions, roles, logs and parameters of the refresh. */
export class RefreshPipeline extends Construct {
  /** One execution is one tenant's refresh. */
  readonly stateMachine: StateMachine;
  /** Creates the invalidation. */
  readonly invalidate: LeastPrivilegeFunction;
  /** Waits for it. */
  readonly poll: LeastPrivilegeFunction;
  /** Logs in, requests, and judges what came back. */
  readonly prewarm: LeastPrivilegeFunction;

  constructor(scope: Construct, id: string, props: RefreshPipelineProps) {
    super(scope, id);
    const distributionId = props.distribution.distributionId;
    const account = `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}`;
    const distributionArn = `${account}:distribution/${distributionId}`;
    const tenantArn = `${account}:distribution-tenant/*`;
    const logRetention = props.logRetention ?? RetentionDays.ONE_MONTH;
    const logLevel = props.logLevel ?? ApplicationLogLevel.INFO;
    const architecture = props.architecture ?? Architecture.ARM_64;
    const missing: string[] = [];
    const pipelineFunction = (
      name: "invalidate" | "poll" | "prewarm",
      own: {
        description: string;
        memorySize: number;
        timeout: Duration;
        environment: Record<string, string>;
        permissions: PolicyStatement[];
      },
    ): LeastPrivilegeFunction => {
      const code = functionCode(props.binaries, name, props.contractFile);
      if (code.missing) missing.push(code.missing);
      return new LeastPrivilegeFunction(this, name[0]?.toUpperCase() + name.slice(1), {
        ...own,
        code: code.code,
        runtime: Runtime.PROVIDED_AL2023,
        handler: "bootstrap",
        architecture,
        logRetention,
        logLevel,
        environment: { ...own.environment, ...props.functionEnvironment },
      });
    };

    this.invalidate = pipelineFunction("invalidate", {
      description: "Creates the invalidation of one tenant's cache tag",
      memorySize: props.memory?.invalidate ?? 128,
      timeout: Duration.seconds(30),
      environment: { DISTRIBUTION_ID: distributionId },
      permissions: [
        allow(
          "PurgeAndReadDistribution",
          ["cloudfront:CreateInvalidation", "cloudfront:GetDistributionConfig"],
          distributionArn,
        ),
        ...(props.distributionTenants
          ? [
              allow(
                "PurgeDistributionTenants",
                ["cloudfront:CreateInvalidationForDistributionTenant"],
                tenantArn,
              ),
            ]
          : []),
      ],
    });

    this.poll = pipelineFunction("poll", {
      description: "Waits for an invalidation within one bounded window",
      memorySize: props.memory?.poll ?? 128,
      timeout: Duration.seconds(30),
      environment: {
        POLL_BUDGET: props.poll?.budget ?? "60s",
        POLL_WINDOW: props.poll?.window ?? "20s",
      },
      permissions: [
        allow("ReadInvalidations", ["cloudfront:GetInvalidation"], distributionArn),
        ...(props.distributionTenants
          ? [allow("ReadTenantInvalidations", ["cloudfront:GetInvalidationForDistributionTenant"], tenantArn)]
          : []),
      ],
    });

    this.prewarm = pipelineFunction("prewarm", {
      description: "Re-requests a tenant's endpoints and judges what came back",
      memorySize: props.memory?.prewarm ?? 256,
      timeout: props.prewarmTimeout ?? Duration.seconds(900),
      environment: {
        BASE_URL: props.baseUrl ?? `https://${props.distribution.distributionDomainName}`,
        SECRET_ID: props.secret.secretArn,
        USER_POOL_ID: props.userPool.userPoolId,
        CLIENT_ID: props.userPoolClient.userPoolClientId,
        PREWARM_CONCURRENCY: String(props.prewarm?.concurrency ?? 4),
        ERROR_CACHING_TTL: props.prewarm?.errorCachingTtl ?? "10s",
        STALE_REPAIRS: String(props.prewarm?.staleRepairs ?? 2),
      },
      permissions: [
        allow("ReadServiceUser", ["secretsmanager:GetSecretValue"], props.secret.secretArn),
        allow("LogIn", ["cognito-idp:AdminInitiateAuth"], props.userPool.userPoolArn),
        ...(props.secret.encryptionKey
          ? [allow("DecryptServiceUser", ["kms:Decrypt"], props.secret.encryptionKey.keyArn)]
          : []),
      ],
    });

    if (props.distributionTenants) {
      for (const { role } of [this.invalidate, this.poll]) {
        Validations.of(role).acknowledge({
          id: "AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:distribution-tenant/*]",
          reason:
            "Distribution tenants come and go; each run names its own, and only their caches can be purged",
        });
      }
    }
    refusePlaceholders(this, missing, props.allowPlaceholders ?? false);

    this.stateMachine = refreshStateMachine(this, {
      definitionFile: props.definitionFile,
      functions: {
        InvalidateFunctionArn: this.invalidate,
        PollFunctionArn: this.poll,
        PrewarmFunctionArn: this.prewarm,
      },
      logLevel: props.executionLogLevel ?? LogLevel.ALL,
      logExecutionData: props.logExecutionData ?? false,
      logRetention,
    });

    const prefix = props.parameterPrefix ?? "/warmfront";
    new StringParameter(this, "StateMachineArnParameter", {
      parameterName: `${prefix}/state-machine-arn`,
      description: "The state machine that refreshes one tenant per execution",
      stringValue: this.stateMachine.stateMachineArn,
    });
    new StringParameter(this, "DistributionIdParameter", {
      parameterName: `${prefix}/distribution-id`,
      description: "The distribution that the refresh purges",
      stringValue: distributionId,
    });
  }

  /** Lets `grantee` start refreshes, and nothing else. */
  grantStartExecution(grantee: IGrantable): Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }
}
