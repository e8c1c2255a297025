/**
 * A Lambda@Edge function: in us-east-1, with a published version, and with nothing that Lambda@Edge does not have.
 */
import { Aws, Duration, RemovalPolicy, Stack, Tags, Validations } from "aws-cdk-lib";
import type { LambdaEdgeEventType } from "aws-cdk-lib/aws-cloudfront";
import { CompositePrincipal, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  Architecture,
  type CfnFunction,
  type Code,
  Function as LambdaFunction,
  Runtime,
  type Version,
} from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { allow } from "../lambda/least-privilege-function.ts";

/** Properties of {@link EdgeFunction}. */
export interface EdgeFunctionProps {
  /** What it does, shown in the console. */
  readonly description: string;
  /** An `index.mjs` that exports `handler`. */
  readonly code: Code;
  /** The event it is made for. */
  readonly eventType: LambdaEdgeEventType;
  /** What it is to the rulebook, which tells edge functions apart by it in any template. */
  readonly role: "authorizer" | "tagger" | "miss-reporter";
}

const AWS_MANAGED_LOG_GROUP = "@aws-cdk/aws-lambda:useCdkManagedLogGroup";

/** A function that CloudFront replicates to its edge locations. */
export class EdgeFunction extends Construct {
  /** The function in us-east-1; CloudFront runs {@link version}. */
  readonly function: LambdaFunction;
  /** The published version: CloudFront takes neither `$LATEST` nor an alias. */
  readonly version: Version;
  /** The event it is made for. */
  readonly eventType: LambdaEdgeEventType;
  /** Its role; everything in it is written here. */
  readonly role: Role;

  constructor(scope: Construct, id: string, props: EdgeFunctionProps) {
    super(scope, id);
    const { region } = Stack.of(this);
    if (region !== "us-east-1") {
      throw new Error(
        `${this.node.path} is in ${region.includes("Token") ? "a stack without a region" : region}: edge functions ` +
          'exist in us-east-1 only; put it in a stack with env: { region: "us-east-1" } and, where another region ' +
          "uses it, set crossRegionReferences on both stacks",
      );
    }
    this.eventType = props.eventType;
    // Replicas log to groups of their own, by region; a group made here would stay empty.
    this.node.setContext(AWS_MANAGED_LOG_GROUP, false);
    this.role = new Role(this, "Role", {
      assumedBy: new CompositePrincipal(
        new ServicePrincipal("lambda.amazonaws.com"),
        new ServicePrincipal("edgelambda.amazonaws.com"),
      ),
      description: props.description,
    });
    // A replica logs in the region it ran in, to a group named after us-east-1:
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-logs.html
    const logs = `log-group:/aws/lambda/us-east-1.*:*`;
    this.role.addToPolicy(
      allow(
        "WriteLogWhereItRan",
        ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
        `arn:${Aws.PARTITION}:logs:*:${Aws.ACCOUNT_ID}:${logs}`,
      ),
    );
    Validations.of(this.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:*:<AWS::AccountId>:${logs}]`,
      reason: "A replica logs in whichever region it ran, to a group that is named after the function",
    });
    this.function = new LambdaFunction(this, "Function", {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      handler: "index.handler",
      code: props.code,
      // The older, smaller limits of viewer events, which every edition of the quota page grants.
      memorySize: 128,
      timeout: Duration.seconds(5),
      // As it is, so that grants to the function reach it.
      role: this.role,
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    // Replicas outlive the association by hours, and until they are gone neither function nor version can be deleted:
    // a removal of the stack, or a rollback of its first deployment, would fail.
    (this.function.node.defaultChild as CfnFunction).applyRemovalPolicy(RemovalPolicy.RETAIN);
    Tags.of(this.function).add("warmfront:role", props.role);
    this.version = this.function.currentVersion;
  }
}
