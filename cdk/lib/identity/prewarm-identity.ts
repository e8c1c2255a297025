/**
 * Who the prewarmer is: an app client of its own, a service user in the superadmin group, and a password that only
 * Secrets Manager knows and rotates.
 */
import { Duration, Validations } from "aws-cdk-lib";
import {
  CfnUserPoolGroup,
  CfnUserPoolUser,
  CfnUserPoolUserToGroupAttachment,
  type IUserPool,
  UserPoolClient,
} from "aws-cdk-lib/aws-cognito";
import { Architecture, Runtime } from "aws-cdk-lib/aws-lambda";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { lambdaCode } from "../lambda/lambda-code.ts";
import { allow, LeastPrivilegeFunction } from "../lambda/least-privilege-function.ts";

/** Properties of {@link PrewarmIdentity}. */
export interface PrewarmIdentityProps {
  /** The pool that viewers log in to. */
  readonly userPool: IUserPool;
  /** The group whose members may name any tenant: the contract's `tenant.superadminGroup`. */
  readonly group: string;
  /**
   * Whether the group is made here.
   * @default false, it exists
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
    const { userPoolId } = props.userPool;
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

    const user = new CfnUserPoolUser(this, "User", { userPoolId, username, messageAction: "SUPPRESS" });
    const member = new CfnUserPoolUserToGroupAttachment(this, "Membership", {
      userPoolId,
      username,
      groupName: props.group,
    });
    member.addResourceDependency(user);
    if (props.createGroup) {
      member.addResourceDependency(
        new CfnUserPoolGroup(this, "Group", {
          userPoolId,
          groupName: props.group,
          description: "May name any tenant",
        }),
      );
    }

    this.secret = new Secret(this, "Secret", {
      description: "Service user of the prewarmer: username, password",
      // Valid only once the first rotation has set it: Cognito takes no password from CloudFormation.
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username }),
        generateStringKey: "password",
        passwordLength: 32,
        requireEachIncludedType: true,
      },
    });
    this.rotation = this.rotationFunction(props.userPool);
    const schedule = this.secret.addRotationSchedule("Rotation", {
      rotationLambda: this.rotation.function,
      automaticallyAfter: props.rotateAfter ?? Duration.days(30),
      rotateImmediatelyOnUpdate: true,
    });
    schedule.node.addDependency(member);
  }

  private rotationFunction(userPool: IUserPool): LeastPrivilegeFunction {
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
      ],
    });
    Validations.of(rotation.role).acknowledge({
      id: "AwsSolutions::AwsSolutions-IAM5[Resource::*]",
      reason: "secretsmanager:GetRandomPassword has no resource",
    });
    return rotation;
  }
}
