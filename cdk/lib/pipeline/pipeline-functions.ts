/**
 * The three functions of the refresh: what each is told, and what each may do.
 */
import { Aws, Duration, Validations } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { ApplicationLogLevel, Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import {
  allow,
  allowThroughSecretsManager,
  LeastPrivilegeFunction,
} from "../lambda/least-privilege-function.ts";
import { functionCode } from "./function-code.ts";
import { refusePlaceholders } from "./placeholder-guard.ts";
import type { RefreshPipelineProps } from "./refresh-pipeline-props.ts";

/** The functions by the names of their crates. */
export type PipelineFunctions = Readonly<Record<"invalidate" | "poll" | "prewarm", LeastPrivilegeFunction>>;

/** What is a function's own. */
interface OwnProps {
  readonly description: string;
  readonly memorySize: number;
  readonly reservedConcurrency?: number | undefined;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly permissions: readonly PolicyStatement[];
}

/** Makes the functions in `scope`. */
export function pipelineFunctions(scope: Construct, props: RefreshPipelineProps): PipelineFunctions {
  const missing: string[] = [];
  const make = (name: string, own: OwnProps): LeastPrivilegeFunction => {
    const code = functionCode(props.binaries, name, props.contractFile);
    if (code.missing) missing.push(code.missing);
    return new LeastPrivilegeFunction(scope, name[0]?.toUpperCase() + name.slice(1), {
      ...own,
      code: code.code,
      runtime: Runtime.PROVIDED_AL2023,
      handler: "bootstrap",
      architecture: props.architecture ?? Architecture.ARM_64,
      logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
      logLevel: props.logLevel ?? ApplicationLogLevel.INFO,
      environment: { ...own.environment, ...props.functionEnvironment },
    });
  };
  const functions = {
    invalidate: make("invalidate", invalidate(props)),
    poll: make("poll", poll(props)),
    prewarm: make("prewarm", prewarm(props)),
  };
  if (props.distributionTenants) acknowledgeTenants([functions.invalidate, functions.poll]);
  refusePlaceholders(scope, missing, props.allowPlaceholders ?? false);
  return functions;
}

function invalidate(props: RefreshPipelineProps): OwnProps {
  return {
    description: "Creates the invalidation of one tenant's cache tag",
    memorySize: props.memory?.invalidate ?? 128,
    // To Lambda, a reservation of 0 is a function that is switched off.
    reservedConcurrency: (props.concurrentPurges ?? 1) || undefined,
    timeout: Duration.seconds(30),
    environment: { DISTRIBUTION_ID: props.distribution.distributionId },
    permissions: [
      allow(
        "PurgeAndReadDistribution",
        ["cloudfront:CreateInvalidation", "cloudfront:GetDistributionConfig"],
        distributionArn(props),
      ),
      ...ofTenants(props, "PurgeDistributionTenants", "CreateInvalidationForDistributionTenant"),
    ],
  };
}

function poll(props: RefreshPipelineProps): OwnProps {
  return {
    description: "Waits for an invalidation within one bounded window",
    memorySize: props.memory?.poll ?? 128,
    timeout: Duration.seconds(30),
    environment: {
      POLL_BUDGET: props.poll?.budget ?? "60s",
      POLL_WINDOW: props.poll?.window ?? "20s",
    },
    permissions: [
      allow("ReadInvalidations", ["cloudfront:GetInvalidation"], distributionArn(props)),
      ...ofTenants(props, "ReadTenantInvalidations", "GetInvalidationForDistributionTenant"),
    ],
  };
}

function prewarm(props: RefreshPipelineProps): OwnProps {
  const signed = props.prewarm?.signedPaths ?? [];
  return {
    description: "Re-requests a tenant's endpoints and judges what came back",
    memorySize: props.memory?.prewarm ?? 256,
    timeout: props.prewarmTimeout ?? Duration.seconds(900),
    environment: {
      DISTRIBUTION_ID: props.distribution.distributionId,
      BASE_URL: props.baseUrl ?? `https://${props.distribution.distributionDomainName}`,
      SECRET_ID: props.secret.secretArn,
      USER_POOL_ID: props.userPool.userPoolId,
      CLIENT_ID: props.userPoolClient.userPoolClientId,
      PREWARM_CONCURRENCY: String(props.prewarm?.concurrency ?? 4),
      ERROR_CACHING_TTL: props.prewarm?.errorCachingTtl ?? "10s",
      STALE_REPAIRS: String(props.prewarm?.staleRepairs ?? 2),
      // No pattern has a blank in it.
      ...(signed.length > 0 ? { SIGNED_PATHS: signed.join(" ") } : {}),
    },
    permissions: [
      allow("ReadServiceUser", ["secretsmanager:GetSecretValue"], props.secret.secretArn),
      allow("LogIn", ["cognito-idp:AdminInitiateAuth"], props.userPool.userPoolArn),
      ...(props.secret.encryptionKey
        ? [allowThroughSecretsManager("DecryptServiceUser", ["kms:Decrypt"], props.secret.encryptionKey)]
        : []),
    ],
  };
}

function distributionArn(props: RefreshPipelineProps): string {
  return `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/${props.distribution.distributionId}`;
}

const TENANTS = "distribution-tenant/*";

function ofTenants(props: RefreshPipelineProps, sid: string, action: string): PolicyStatement[] {
  if (!props.distributionTenants) return [];
  return [
    allow(sid, [`cloudfront:${action}`], `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:${TENANTS}`),
  ];
}

function acknowledgeTenants(functions: readonly LeastPrivilegeFunction[]): void {
  for (const { role } of functions) {
    Validations.of(role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:cloudfront::<AWS::AccountId>:${TENANTS}]`,
      reason: "Distribution tenants come and go; each run names its own, and only their caches can be purged",
    });
  }
}
