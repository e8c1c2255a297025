/**
 * What a {@link RefreshPipeline} is made of.
 */
import type { Duration } from "aws-cdk-lib";
import type { IDistribution } from "aws-cdk-lib/aws-cloudfront";
import type { IUserPool, IUserPoolClient } from "aws-cdk-lib/aws-cognito";
import type { ApplicationLogLevel, Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { LogLevel } from "aws-cdk-lib/aws-stepfunctions";

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
  /**
   * The service user: JSON with `username`, `password` and, where the client has one, `clientSecret`. With signed paths
   * also `signingKeyId`, the id of a public key in the paths' key group, and `signingPrivateKey`, its private key (PEM).
   */
  readonly secret: ISecret;
  /**
   * What the binaries were built for.
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * Invocations at once of the function that creates purges, reserved of the account's; 0 reserves none. A crowd of
   * runs then queues at Lambda, where being turned away costs CloudFront's rate nothing.
   * @default 1
   */
  readonly concurrentPurges?: number;
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
    /**
     * Path patterns that the distribution answers to signed requests only.
     * @default none
     */
    readonly signedPaths?: readonly string[];
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
