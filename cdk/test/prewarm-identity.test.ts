/** Who the prewarmer logs in as. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Match } from "aws-cdk-lib/assertions";
import { everything, pipelineAlone, templates } from "./app-under-test.ts";

test("a client without a secret gets one to fill", () => {
  const { pipeline } = templates(pipelineAlone({ secretArn: undefined }));
  pipeline.hasResourceProperties("AWS::SecretsManager::Secret", {
    GenerateSecretString: {
      SecretStringTemplate: '{"username":"warmfront-prewarm"}',
      GenerateStringKey: "password",
    },
  });
  pipeline.resourceCountIs("AWS::SecretsManager::RotationSchedule", 0);
});

test("without a client the prewarmer gets an identity of its own", () => {
  const { pipeline } = templates(everything({}, { serviceUser: { username: "robot" } }));
  pipeline.hasResourceProperties("AWS::Cognito::UserPoolClient", {
    ExplicitAuthFlows: ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    GenerateSecret: false,
  });
  pipeline.hasResourceProperties("AWS::Cognito::UserPoolUser", {
    Username: "robot",
    MessageAction: "SUPPRESS",
  });
  pipeline.hasResourceProperties("AWS::Cognito::UserPoolUserToGroupAttachment", {
    Username: "robot",
    GroupName: "prewarm",
  });
  pipeline.hasResourceProperties("AWS::Cognito::UserPoolGroup", { GroupName: "prewarm" });
  pipeline.hasResourceProperties("AWS::SecretsManager::Secret", {
    GenerateSecretString: { SecretStringTemplate: '{"username":"robot"}', GenerateStringKey: "password" },
  });
  // Right after deployment: until then the user has no password at all.
  pipeline.hasResource("AWS::SecretsManager::RotationSchedule", {
    Properties: { RotateImmediatelyOnUpdate: true, RotationRules: { ScheduleExpression: "rate(30 days)" } },
    DependsOn: Match.arrayWith([Match.stringLikeRegexp("Membership")]),
  });
});

test("the identity is made once in a pool", () => {
  const { pipeline } = templates(everything({}, { serviceUser: { createGroup: false } }));
  pipeline.resourceCountIs("AWS::Cognito::UserPoolGroup", 0);
  pipeline.hasResourceProperties("AWS::Cognito::UserPoolUserToGroupAttachment", { GroupName: "prewarm" });
});

test("the first rotation finds a function that it may call and that has its rights", () => {
  const { pipeline } = templates(everything({}, { serviceUser: { rotateAfter: "12h" } }));
  pipeline.hasResource("AWS::SecretsManager::RotationSchedule", {
    Properties: { RotationRules: { ScheduleExpression: "rate(12 hours)" } },
    DependsOn: Match.arrayWith([
      Match.stringLikeRegexp("PasswordRotationFunctionSecretsManager"),
      Match.stringLikeRegexp("PasswordRotationRoleDefaultPolicy"),
    ]),
  });
  pipeline.hasResourceProperties("AWS::Lambda::Permission", {
    Principal: "secretsmanager.amazonaws.com",
    SourceAccount: { Ref: "AWS::AccountId" },
    SourceArn: { Ref: Match.stringLikeRegexp("PrewarmIdentitySecret") },
  });
});

test("a secret with a key of its own can be read, and only through Secrets Manager", () => {
  const secretKeyArn = "arn:aws:kms:eu-central-1:123456789012:key/1234";
  for (const settings of [
    pipelineAlone({ secretKeyArn }),
    pipelineAlone({ secretArn: undefined, secretKeyArn }),
    everything({}, { secretKeyArn }),
  ]) {
    const { pipeline } = templates(settings);
    pipeline.hasResourceProperties("AWS::IAM::Policy", {
      Roles: [{ Ref: Match.stringLikeRegexp("RefreshPipelinePrewarmRole") }],
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: "kms:Decrypt",
            Resource: secretKeyArn,
            Condition: { StringEquals: { "kms:ViaService": Match.anyValue() } },
          }),
        ]),
      },
    });
    for (const { Properties } of Object.values(pipeline.findResources("AWS::SecretsManager::Secret"))) {
      assert.equal(Properties.KmsKeyId, secretKeyArn);
    }
  }
});
