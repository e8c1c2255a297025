/**
 * Composition of the pipeline stack: what exists already, by id, around the {@link RefreshPipeline}.
 */
import { CfnOutput, Duration, Stack, type StackProps } from "aws-cdk-lib";
import { Distribution } from "aws-cdk-lib/aws-cloudfront";
import { UserPool, UserPoolClient } from "aws-cdk-lib/aws-cognito";
import { type ApplicationLogLevel, Architecture } from "aws-cdk-lib/aws-lambda";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { LogLevel } from "aws-cdk-lib/aws-stepfunctions";
import type { Construct } from "constructs";
import { seconds } from "./duration.ts";
import { RefreshPipeline } from "./refresh-pipeline.ts";
import type { Settings } from "./settings.ts";

/** Properties of {@link PipelineStack}. */
export interface PipelineStackProps extends StackProps {
  /** The app's settings. */
  readonly settings: Settings;
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
    const { contract, pipeline: settings } = props.settings;
    const secret = this.secret(settings.secretArn);

    this.pipeline = new RefreshPipeline(this, "RefreshPipeline", {
      contractFile: contract,
      definitionFile: settings.definition,
      binaries: settings.binaries,
      distribution: Distribution.fromDistributionAttributes(this, "Distribution", {
        distributionId: settings.distributionId as string,
        domainName: new URL(settings.baseUrl as string).host,
      }),
      baseUrl: settings.baseUrl as string,
      userPool: UserPool.fromUserPoolArn(this, "UserPool", this.userPoolArn(settings.userPoolId)),
      userPoolClient: UserPoolClient.fromUserPoolClientId(this, "Client", settings.clientId as string),
      secret,
      architecture: settings.architecture === "arm64" ? Architecture.ARM_64 : Architecture.X86_64,
      memory: settings.memory,
      poll: settings.poll,
      prewarm: settings.prewarm,
      prewarmTimeout: Duration.seconds(seconds(settings.prewarm.timeout)),
      distributionTenants: settings.distributionTenants,
      functionEnvironment: settings.functionEnvironment,
      logLevel: settings.logLevel.toUpperCase() as ApplicationLogLevel,
      logRetention: settings.logRetentionDays as RetentionDays,
      executionLogLevel: settings.executionLogLevel as LogLevel,
      logExecutionData: settings.logExecutionData,
      parameterPrefix: settings.parameterPrefix,
      allowPlaceholders: props.allowPlaceholders ?? false,
    });

    new CfnOutput(this, "StateMachineArn", {
      value: this.pipeline.stateMachine.stateMachineArn,
      description: "Start one execution per tenant",
    });
    new CfnOutput(this, "SecretArn", {
      value: secret.secretArn,
      description: "Where the service user's name and password lie",
    });
    for (const name of ["invalidate", "poll", "prewarm"] as const) {
      new CfnOutput(this, `${name[0]?.toUpperCase()}${name.slice(1)}FunctionName`, {
        value: this.pipeline[name].function.functionName,
      });
    }
  }

  private secret(arn: string | undefined): ISecret {
    if (arn) return Secret.fromSecretCompleteArn(this, "ServiceUser", arn);
    return new Secret(this, "ServiceUser", {
      description: "Service user of the prewarmer: username, password, clientSecret (optional)",
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: "warmfront-prewarm" }),
        generateStringKey: "password",
        passwordLength: 32,
        requireEachIncludedType: true,
      },
    });
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
