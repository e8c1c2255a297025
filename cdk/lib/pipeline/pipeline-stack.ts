/**
 * Composition of the pipeline stack: what exists already, by id, around the {@link RefreshPipeline}.
 */
import { CfnOutput, Stack, type StackProps, Validations } from "aws-cdk-lib";
import { Distribution, type IDistribution } from "aws-cdk-lib/aws-cloudfront";
import { type IUserPool, type IUserPoolClient, UserPool, UserPoolClient } from "aws-cdk-lib/aws-cognito";
import { type IKey, Key } from "aws-cdk-lib/aws-kms";
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
import type { RefreshPipelineProps } from "./refresh-pipeline-props.ts";

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

/** The service user as the pipeline needs it. */
interface Identity {
  readonly client: IUserPoolClient;
  readonly secret: ISecret;
}

/** The refresh of one distribution. */
export class PipelineStack extends Stack {
  /** The pipeline. */
  readonly pipeline: RefreshPipeline;

  constructor(scope: Construct, id: string, props: PipelineStackProps) {
    super(scope, id, { description: "Warmfront: purge by tag, wait, prewarm, prove", ...props });
    const { pipeline: settings, contract: contractFile } = props.settings;
    const userPool = UserPool.fromUserPoolArn(this, "UserPool", this.userPoolArn(settings.userPoolId));
    const identity = this.identity(settings, userPool, props.contract);

    this.pipeline = new RefreshPipeline(this, "RefreshPipeline", {
      ...optionsOf(props.settings),
      contractFile,
      distribution: this.existing(settings) ?? (props.distribution as IDistribution),
      userPool,
      userPoolClient: identity.client,
      secret: identity.secret,
      allowPlaceholders: props.allowPlaceholders,
    });
    this.outputs(identity);
  }

  private outputs({ client, secret }: Identity): void {
    const { pipeline } = this;
    const names: Record<string, [value: string, description: string]> = {
      StateMachineAliasArn: [pipeline.stateMachineAliasArn, "Start one execution of it per tenant"],
      StateMachineArn: [pipeline.stateMachine.stateMachineArn, "The state machine behind the alias"],
      SecretArn: [secret.secretArn, "Where the service user's name and password lie"],
      ClientId: [client.userPoolClientId, "The app client that the service user logs in with"],
      InvalidateFunctionName: [pipeline.invalidate.function.functionName, "Creates invalidations"],
      PollFunctionName: [pipeline.poll.function.functionName, "Waits for them"],
      PrewarmFunctionName: [pipeline.prewarm.function.functionName, "Requests endpoints and judges answers"],
    };
    for (const [name, [value, description]] of Object.entries(names)) {
      new CfnOutput(this, name, { value, description });
    }
  }

  private existing({ distributionId, baseUrl }: PipelineSettings): IDistribution | undefined {
    if (!distributionId) return undefined;
    return Distribution.fromDistributionAttributes(this, "Distribution", {
      distributionId,
      // Never read: the settings of a distribution that is named have a base URL.
      domainName: baseUrl ?? "",
    });
  }

  /** The service user: whoever the settings name, else one of the pipeline's own. */
  private identity(settings: PipelineSettings, userPool: IUserPool, { tenant }: Contract): Identity {
    const { clientId, secretArn, secretKeyArn, serviceUser } = settings;
    const encryptionKey = secretKeyArn ? Key.fromKeyArn(this, "SecretKey", secretKeyArn) : undefined;
    if (!clientId) {
      return new PrewarmIdentity(this, "PrewarmIdentity", {
        userPool,
        group: tenant.prewarmGroup ?? "prewarm",
        username: serviceUser.username,
        createGroup: serviceUser.createGroup,
        rotateAfter: duration(serviceUser.rotateAfter),
        encryptionKey,
      });
    }
    return {
      client: UserPoolClient.fromUserPoolClientId(this, "Client", clientId),
      secret: secretArn
        ? Secret.fromSecretAttributes(this, "ServiceUser", { secretCompleteArn: secretArn, encryptionKey })
        : this.secretToFill(serviceUser.username, encryptionKey),
    };
  }

  /** A secret for the password of a user whom the operator has made: a made-up one is in it at first. */
  private secretToFill(username: string, encryptionKey: IKey | undefined): Secret {
    const secret = new Secret(this, "ServiceUser", {
      description: "Service user of the prewarmer: username, password, clientSecret (optional)",
      encryptionKey,
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        passwordLength: 32,
        requireEachIncludedType: true,
      },
    });
    Validations.of(secret).acknowledge({
      id: "AwsSolutions::AwsSolutions-SMG4",
      reason: "The user is the operator's, and so is the rotation of its password",
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

/** What of the pipeline's properties is only a setting in another form. */
function optionsOf({
  pipeline: settings,
  distribution,
}: Settings): Omit<
  RefreshPipelineProps,
  "contractFile" | "distribution" | "userPool" | "userPoolClient" | "secret"
> {
  return {
    definitionFile: settings.definition,
    binaries: settings.binaries,
    baseUrl: settings.baseUrl,
    architecture: settings.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
    concurrentPurges: settings.concurrentPurges,
    memory: settings.memory,
    poll: settings.poll,
    prewarm: {
      ...settings.prewarm,
      errorCachingTtl: settings.prewarm.errorCachingTtl ?? distribution?.errorCachingTtl,
      signedPaths: settings.prewarm.signedPaths ?? Object.keys(distribution?.signedPaths ?? {}),
    },
    prewarmTimeout: duration(settings.prewarm.timeout),
    distributionTenants: settings.distributionTenants,
    functionEnvironment: settings.functionEnvironment,
    logLevel: settings.logLevel.toUpperCase() as ApplicationLogLevel,
    logRetention: settings.logRetentionDays as RetentionDays,
    executionLogLevel: settings.executionLogLevel as LogLevel,
    logExecutionData: settings.logExecutionData,
    parameterPrefix: settings.parameterPrefix,
  };
}
