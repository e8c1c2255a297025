/**
 * Composition of the pipeline stack: what exists already, by id, around the {@link RefreshPipeline}.
 */
import { CfnOutput, Stack, type StackProps, Validations } from "aws-cdk-lib";
import { Distribution, type IDistribution } from "aws-cdk-lib/aws-cloudfront";
import { type IUserPool, type IUserPoolClient, UserPool, UserPoolClient } from "aws-cdk-lib/aws-cognito";
import { type ApplicationLogLevel, Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { LogLevel } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import { duration } from "../duration.ts";
import { PrewarmIdentity } from "../identity/prewarm-identity.ts";
import type { PipelineSettings, Settings } from "../settings/settings.ts";
import { RefreshPipeline } from "./refresh-pipeline.ts";

/** Properties of {@link PipelineStack}. */
export interface PipelineStackProps extends StackProps {
  /** The app's settings. */
  readonly settings: Settings;
  /** The contract of those settings. */
  readonly contract: Contract;
  /**
   * The app's own distribution; a distribution that the pipeline's settings name goes before it.
   * @default the one that the settings name
   */
  readonly distribution?: IDistribution;
  /**
   * Whether a template may be made before the binaries are built.
   * @default false
   */
  readonly allowPlaceholders?: boolean;
}

/** The refresh of one distribution. */
export class PipelineStack extends Stack {
  /** The pipeline. */
  readonly pipeline: RefreshPipeline;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, { description: "Warmfront: purge by tag, wait, prewarm, prove", ...props });
    const { contract, pipeline: settings, distribution: edge } = props.settings;
    const userPool = UserPool.fromUserPoolArn(this, "UserPool", this.userPoolArn(settings.userPoolId));
    const identity = this.identity(settings, userPool, props.contract.tenant.superadminGroup);

    this.pipeline = new RefreshPipeline(this, "RefreshPipeline", {
      contractFile: contract,
      definitionFile: settings.definition,
      binaries: settings.binaries,
      distribution: this.existing(settings) ?? (props.distribution as IDistribution),
      baseUrl: settings.baseUrl,
      userPool,
      userPoolClient: identity.client,
      secret: identity.secret,
      architecture: settings.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
      memory: settings.memory,
      poll: settings.poll,
      prewarm: {
        ...settings.prewarm,
        errorCachingTtl: settings.prewarm.errorCachingTtl ?? edge?.errorCachingTtl,
      },
      prewarmTimeout: duration(settings.prewarm.timeout),
      distributionTenants: settings.distributionTenants,
      functionEnvironment: settings.functionEnvironment,
      logLevel: settings.logLevel.toUpperCase() as ApplicationLogLevel,
      logRetention: settings.logRetentionDays as RetentionDays,
      executionLogLevel: settings.executionLogLevel as LogLevel,
      logExecutionData: settings.logExecutionData,
      parameterPrefix: settings.parameterPrefix,
      allowPlaceholders: props.allowPlaceholders,
    });

    new CfnOutput(this, "StateMachineArn", {
      value: this.pipeline.stateMachine.stateMachineArn,
      description: "Start one execution per tenant",
    });
    new CfnOutput(this, "SecretArn", {
      value: identity.secret.secretArn,
      description: "Where the service user's name and password lie",
    });
    new CfnOutput(this, "ClientId", {
      value: identity.client.userPoolClientId,
      description: "The app client that the service user logs in with",
    });
    for (const name of ["invalidate", "poll", "prewarm"] as const) {
      new CfnOutput(this, `${name[0]?.toUpperCase()}${name.slice(1)}FunctionName`, {
        value: this.pipeline[name].function.functionName,
      });
    }
  }

  private existing({ distributionId, baseUrl }: PipelineSettings): IDistribution | undefined {
    if (!distributionId) return undefined;
    return Distribution.fromDistributionAttributes(this, "Distribution", {
      distributionId,
      // Only read where no base URL is given, and then the distribution is not an imported one.
      domainName: baseUrl ? new URL(baseUrl).host : "",
    });
  }

  /** The service user: whoever the settings name, else one of the pipeline's own. */
  private identity(
    { clientId, secretArn, serviceUser }: PipelineSettings,
    userPool: IUserPool,
    group: string,
  ): { client: IUserPoolClient; secret: ISecret } {
    if (!clientId) {
      return new PrewarmIdentity(this, "PrewarmIdentity", {
        userPool,
        group,
        username: serviceUser.username,
        createGroup: serviceUser.createGroup,
        rotateAfter: duration(serviceUser.rotateAfter),
      });
    }
    return {
      client: UserPoolClient.fromUserPoolClientId(this, "Client", clientId),
      secret: secretArn
        ? Secret.fromSecretCompleteArn(this, "ServiceUser", secretArn)
        : this.secretToFill(serviceUser.username),
    };
  }

  /** A secret whose password the operator replaces by that of a user he has made. */
  private secretToFill(username: string): Secret {
    const secret = new Secret(this, "ServiceUser", {
      description: "Service user of the prewarmer: username, password, clientSecret (optional)",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        passwordLength: 32,
        requireEachIncludedType: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions::AwsSolutions-SMG4",
      reason: "The user is the operator's, and so is the rotation of his password",
    });
    return secret;
  }

  // The region of a pool is the first part of its id.
  private userPoolArn(id: string): string {
    return this.formatArn({
      service: "cognito-idp",
      region: id.split("_")[0] as string,
      resource: "userpool",
      resourceName: id,
    });
  }
}
