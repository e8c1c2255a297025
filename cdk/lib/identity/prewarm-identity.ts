/**
 * Who the prewarmer is: an app client of its own, a service user in a group of its own, and a password that only
 * Secrets Manager knows and rotates.
 */
import { Aws, Duration, Validations } from "aws-cdk-lib";
import {
  CfnUserPoolGroup,
  CfnUserPoolUser,
  CfnUserPoolUserToGroupAttachment,
  type IUserPool,
  UserPoolClient,
} from "aws-cdk-lib/aws-cognito";
import { ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { CfnRotationSchedule, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { lambdaCode } from "../lambda/lambda-code.ts";
import {
  allow,
  allowThroughSecretsManager,
  LeastPrivilegeFunction,
} from "../lambda/least-privilege-function.ts";

/** Properties of {@link PrewarmIdentity}. */
export interface PrewarmIdentityProps {
  /** The pool that viewers log in to. */
  readonly userPool: IUserPool;
  /** The group whose members may name any tenant at the edge, and nothing else: the contract's `tenant.prewarmGroup`. */
  readonly group: string;
  /**
   * Whether the group is made here. A pool has a group once: only one of several installations may make it.
   * @default true
   */
  readonly createGroup?: boolean;
  /**
   * The service user's name; an e-mail address where the pool asks for one.
   * @default "warmfront-prewarm"
   */
  readonly username?: string;
  /**
   * How often the password changes.
   * @default every 30 days
   */
  readonly rotateAfter?: Duration;
  /**
   * The key that encrypts the secret.
   * @default AWS's own
   */
  readonly encryptionKey?: IKey;
}

/** Client, user and secret of the prewarmer. */
export class PrewarmIdentity extends Construct {
  /** A client whose password login is gated by IAM and that has no other use. */
  readonly client: UserPoolClient;
  /** `username` and `password`. */
  readonly secret: Secret;
  /** Changes the password: at first right after deployment, then as scheduled. */
  readonly rotation: LeastPrivilegeFunction;

  constructor(scope: Construct, id: string, props: PrewarmIdentityProps) {
    super(scope, id);
    const username = props.username ?? "warmfront-prewarm";
    this.client = new UserPoolClient(this, "Client", {
      userPool: props.userPool,
      authFlows: { adminUserPassword: true },
      disableOAuth: true,
      generateSecret: false,
      preventUserExistenceErrors: true,
      idTokenValidity: Duration.hours(1),
      accessTokenValidity: Duration.hours(1),
    });
    const member = this.member(username, props);
    this.secret = new Secret(this, "Secret", {
      description: "Service user of the prewarmer: username, password",
      encryptionKey: props.encryptionKey,
      // Valid only once the first rotation has set it: Cognito takes no password from CloudFormation.
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        passwordLength: 32,
        requireEachIncludedType: true,
      },
    });
    this.rotation = this.rotationFunction(props);
    this.schedule(props.rotateAfter ?? Duration.days(30), member);
  }

  /** The user, in its group. */
  private member(username: string, props: PrewarmIdentityProps): CfnUserPoolUserToGroupAttachment {
    const { userPoolId } = props.userPool;
    const user = new CfnUserPoolUser(this, "User", { userPoolId, username, messageAction: "SUPPRESS" });
    const member = new CfnUserPoolUserToGroupAttachment(this, "Membership", {
      userPoolId,
      username,
      groupName: props.group,
    });
    member.addResourceDependency(user);
    if (props.createGroup ?? true) {
      const group = new CfnUserPoolGroup(this, "Group", {
        userPoolId,
        groupName: props.group,
        description: "The prewarmer: may name any tenant at the edge, and nothing else",
      });
      member.addResourceDependency(group);
    }
    return member;
  }

  private rotationFunction({ userPool, encryptionKey }: PrewarmIdentityProps): LeastPrivilegeFunction {
    const rotation = new LeastPrivilegeFunction(this, "PasswordRotation", {
      description: "Rotates the prewarmer's password",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: lambdaCode(new URL("./rotate-password.lambda.ts", import.meta.url)),
      memorySize: 256,
      timeout: Duration.seconds(30),
      environment: {
        USER_POOL_ID: userPool.userPoolId,
        CLIENT_ID: this.client.userPoolClientId,
      },
      permissions: [
        allow(
          "RotateOwnSecret",
          [
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:UpdateSecretVersionStage",
          ],
          this.secret.secretArn,
        ),
        allow("MakePassword", ["secretsmanager:GetRandomPassword"], "*"),
        allow(
          "SetAndTryPassword",
          ["cognito-idp:AdminSetUserPassword", "cognito-idp:AdminInitiateAuth"],
          userPool.userPoolArn,
        ),
        ...(encryptionKey
          ? [
              allowThroughSecretsManager(
                "UseSecretKey",
                ["kms:Decrypt", "kms:GenerateDataKey"],
                encryptionKey,
              ),
            ]
          : []),
      ],
    });
    Validations.of(rotation.role).acknowledge({
      id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
      reason: "secretsmanager:GetRandomPassword has no resource",
    });
    return rotation;
  }

  // Not the library's own schedule: that one lets Secrets Manager of any account call the function.
  private schedule(period: Duration, member: CfnUserPoolUserToGroupAttachment): void {
    this.rotation.function.addPermission("SecretsManager", {
      principal: new ServicePrincipal("secretsmanager.amazonaws.com"),
      sourceAccount: Aws.ACCOUNT_ID,
      sourceArn: this.secret.secretArn,
    });
    const hours = period.toHours();
    const schedule = new CfnRotationSchedule(this, "Rotation", {
      secretId: this.secret.secretArn,
      rotationLambdaArn: this.rotation.function.functionArn,
      rotationRules: {
        scheduleExpression: hours % 24 === 0 ? `rate(${hours / 24} days)` : `rate(${hours} hours)`,
      },
      rotateImmediatelyOnUpdate: true,
    });
    schedule.addResourceDependency(member);
    // At the first rotation, seconds after its creation, the function has to be callable and to have its rights.
    schedule.node.addDependency(this.rotation.role, this.rotation.function.node.findChild("SecretsManager"));
  }
}
