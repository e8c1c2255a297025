import assert from "node:assert/strict";
import { test } from "node:test";
import { Template } from "aws-cdk-lib/assertions";
import { StringParameter } from "aws-cdk-lib/aws-ssm";
import { addStacks } from "../lib/app.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  everything,
  pipelineAlone,
  SETTINGS_FILE,
  templates,
  testApp,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

/** Each role's statements as `actions on resources`, by the role's logical id without its hash. */
function rights(template: Template): Record<string, string[]> {
  const found: Record<string, string[]> = {};
  for (const id of Object.keys(template.findResources("AWS::IAM::Role"))) found[named(id)] = [];
  for (const { Properties } of Object.values(template.findResources("AWS::IAM::Policy"))) {
    for (const { Ref } of Properties.Roles) {
      for (const { Effect, Action, Resource } of Properties.PolicyDocument.Statement) {
        assert.equal(Effect, "Allow");
        const actions = [Action].flat().join(" ");
        const resources = [Resource].flat().map(spelled).join(" ");
        found[named(Ref)]?.push(`${actions} on ${resources}`);
      }
    }
  }
  return found;
}

function named(id: string): string {
  return id.replace(/[0-9A-F]{8}$/, "");
}

// biome-ignore lint/suspicious/noExplicitAny: rendered CloudFormation
function spelled(value: any): string {
  if (typeof value === "string") return value;
  if (value.Ref) return value.Ref.startsWith("AWS::") ? `<${value.Ref.slice(5)}>` : `<${named(value.Ref)}>`;
  if (value["Fn::Join"]) return value["Fn::Join"][1].map(spelled).join("");
  if (value["Fn::GetAtt"]) return `<${named(value["Fn::GetAtt"][0])}>`;
  return JSON.stringify(value);
}

const LOGS_AND_TRACES =
  "logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments on *";

test("the pipeline's roles may do exactly this", () => {
  assert.deepEqual(rights(templates(pipelineAlone()).pipeline), {
    RefreshPipelineInvalidateRole: [
      "logs:CreateLogStream logs:PutLogEvents on <RefreshPipelineInvalidateLogs>",
      "cloudfront:CreateInvalidation cloudfront:GetDistributionConfig on arn:<Partition>:cloudfront::<AccountId>:distribution/E2EXAMPLE1234",
    ],
    RefreshPipelinePollRole: [
      "logs:CreateLogStream logs:PutLogEvents on <RefreshPipelinePollLogs>",
      "cloudfront:GetInvalidation on arn:<Partition>:cloudfront::<AccountId>:distribution/E2EXAMPLE1234",
    ],
    RefreshPipelinePrewarmRole: [
      "logs:CreateLogStream logs:PutLogEvents on <RefreshPipelinePrewarmLogs>",
      "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-central-1:123456789012:secret:prewarm-AbCdEf",
      "cognito-idp:AdminInitiateAuth on arn:<Partition>:cognito-idp:eu-central-1:<AccountId>:userpool/eu-central-1_EXAMPLE01",
    ],
    RefreshPipelineRefreshRole: [
      "lambda:InvokeFunction on <RefreshPipelineInvalidateFunction>:* <RefreshPipelinePollFunction>:* <RefreshPipelinePrewarmFunction>:*",
      LOGS_AND_TRACES,
    ],
  });
});

test("purging distribution tenants is a right of its own", () => {
  const { RefreshPipelineInvalidateRole, RefreshPipelinePollRole } = rights(
    templates(pipelineAlone({ distributionTenants: true })).pipeline,
  );
  const tenants = "arn:<Partition>:cloudfront::<AccountId>:distribution-tenant/*";
  assert.equal(
    RefreshPipelineInvalidateRole?.at(-1),
    `cloudfront:CreateInvalidationForDistributionTenant on ${tenants}`,
  );
  assert.equal(
    RefreshPipelinePollRole?.at(-1),
    `cloudfront:GetInvalidationForDistributionTenant on ${tenants}`,
  );
});

test("the password rotation may do exactly this", () => {
  const { PrewarmIdentityPasswordRotationRole } = rights(templates(everything()).pipeline);
  assert.deepEqual(PrewarmIdentityPasswordRotationRole, [
    "logs:CreateLogStream logs:PutLogEvents on <PrewarmIdentityPasswordRotationLogs>",
    "secretsmanager:DescribeSecret secretsmanager:GetSecretValue secretsmanager:PutSecretValue secretsmanager:UpdateSecretVersionStage on <PrewarmIdentitySecret>",
    "secretsmanager:GetRandomPassword on *",
    "cognito-idp:AdminInitiateAuth cognito-idp:AdminSetUserPassword on arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_EXAMPLE01",
  ]);
});

test("the distribution's roles may do exactly this", () => {
  const replicas =
    "logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents on arn:<Partition>:logs:*:<AccountId>:log-group:/aws/lambda/us-east-1.*:*";
  assert.deepEqual(rights(templates(everything()).distribution), {
    CacheTaggerRole: [replicas],
    MissReporterRole: [replicas],
    ViewerAuthorizerRole: [replicas],
    CacheKeyGuardRole: [
      "logs:CreateLogStream logs:PutLogEvents on <CacheKeyGuardLogs>",
      "ssm:GetParameter on arn:aws:ssm:us-east-1:123456789012:parameter/warmfront/cache-key",
    ],
  });
});

test("only the services that run them may take the roles", () => {
  const trusted = (template: Template) =>
    Object.fromEntries(
      Object.entries(template.findResources("AWS::IAM::Role")).map(([id, { Properties }]) => [
        named(id),
        Properties.AssumeRolePolicyDocument.Statement.flatMap(
          (each: { Principal: { Service: string | string[] } }) => each.Principal.Service,
        ),
      ]),
    );
  const { pipeline, distribution } = templates(everything());
  assert.deepEqual(trusted(pipeline), {
    PrewarmIdentityPasswordRotationRole: ["lambda.amazonaws.com"],
    RefreshPipelineInvalidateRole: ["lambda.amazonaws.com"],
    RefreshPipelinePollRole: ["lambda.amazonaws.com"],
    RefreshPipelinePrewarmRole: ["lambda.amazonaws.com"],
    RefreshPipelineRefreshRole: ["states.amazonaws.com"],
  });
  assert.deepEqual(trusted(distribution), {
    CacheTaggerRole: ["edgelambda.amazonaws.com", "lambda.amazonaws.com"],
    MissReporterRole: ["edgelambda.amazonaws.com", "lambda.amazonaws.com"],
    ViewerAuthorizerRole: ["edgelambda.amazonaws.com", "lambda.amazonaws.com"],
    CacheKeyGuardRole: ["lambda.amazonaws.com"],
  });
});

test("what is granted to a function or to the state machine reaches its role", () => {
  const app = testApp(WITHOUT_STAGING);
  const { pipeline } = addStacks(app, checkInstallation(SETTINGS_FILE, pipelineAlone()));
  const theirs = StringParameter.fromStringParameterName(pipeline, "Theirs", "/theirs");
  theirs.grantRead(pipeline.pipeline.prewarm.function);
  theirs.grantRead(pipeline.pipeline.stateMachine);
  const granted = rights(Template.fromStack(pipeline));
  assert.match(granted.RefreshPipelinePrewarmRole?.at(-1) ?? "", /^ssm:.*parameter\/theirs$/);
  assert.match(granted.RefreshPipelineRefreshRole?.at(-1) ?? "", /^ssm:.*parameter\/theirs$/);
});
