import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { addStacks } from "../lib/app.ts";
import { RefreshPipeline } from "../lib/pipeline/refresh-pipeline.ts";
import type { RefreshPipelineProps } from "../lib/pipeline/refresh-pipeline-props.ts";
import { OWN_VARIABLES } from "../lib/settings/pipeline-rules.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import {
  everything,
  pipelineAlone,
  type Rendered,
  SETTINGS_FILE,
  templates,
  temporaryFolder,
  testApp,
  WITHOUT_STAGING,
} from "./app-under-test.ts";

const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prewarm-AbCdEf";

function functions(template: Template): { invalidate: Rendered; poll: Rendered; prewarm: Rendered } {
  const named = (name: string) =>
    Object.entries(template.findResources("AWS::Lambda::Function")).find(([id]) =>
      id.startsWith(`RefreshPipeline${name}`),
    )?.[1].Properties;
  return { invalidate: named("Invalidate"), poll: named("Poll"), prewarm: named("Prewarm") };
}

test("the three functions are native, on arm64, and told exactly what they read", () => {
  const { pipeline } = templates(pipelineAlone());
  const { invalidate, poll, prewarm } = functions(pipeline);
  for (const each of [invalidate, poll, prewarm]) {
    assert.equal(each.Runtime, "provided.al2023");
    assert.equal(each.Handler, "bootstrap");
    assert.deepEqual(each.Architectures, ["arm64"]);
  }
  assert.deepEqual(
    [
      invalidate.Timeout,
      poll.Timeout,
      prewarm.Timeout,
      invalidate.MemorySize,
      poll.MemorySize,
      prewarm.MemorySize,
    ],
    [30, 30, 900, 128, 128, 256],
  );
  assert.deepEqual(invalidate.Environment, { Variables: { DISTRIBUTION_ID: "E2EXAMPLE1234" } });
  assert.deepEqual(poll.Environment, {
    Variables: { POLL_BUDGET: "60s", POLL_WINDOW: "20s" },
  });
  assert.deepEqual(prewarm.Environment, {
    Variables: {
      DISTRIBUTION_ID: "E2EXAMPLE1234",
      BASE_URL: "https://d111111abcdef8.cloudfront.net",
      SECRET_ID: SECRET,
      USER_POOL_ID: "eu-central-1_EXAMPLE01",
      CLIENT_ID: "1example23456789",
      PREWARM_CONCURRENCY: "4",
      ERROR_CACHING_TTL: "10s",
      STALE_REPAIRS: "2",
    },
  });
});

test("every variable that the pipeline sets is reserved, and the reverse", () => {
  const { pipeline } = templates(pipelineAlone({ prewarm: { signedPaths: ["/reports/*"] } }));
  const set = Object.values(functions(pipeline)).flatMap((each) => Object.keys(each.Environment.Variables));
  assert.deepEqual([...new Set(set)].sort(), [...OWN_VARIABLES].sort());
});

test("settings reach the functions", () => {
  const { pipeline } = templates(
    pipelineAlone({
      architecture: "x86_64",
      memory: { poll: 256 },
      prewarm: { timeout: "5m", concurrency: 2 },
      logLevel: "debug",
      logRetentionDays: 7,
      functionEnvironment: { AWS_ENDPOINT_URL_CLOUDFRONT: "http://127.0.0.1:9000" },
    }),
  );
  const { invalidate, poll, prewarm } = functions(pipeline);
  assert.deepEqual(invalidate.Architectures, ["x86_64"]);
  assert.equal(poll.MemorySize, 256);
  assert.equal(prewarm.Timeout, 300);
  for (const each of [invalidate, poll, prewarm]) {
    assert.equal(each.LoggingConfig.ApplicationLogLevel, "DEBUG");
    assert.equal(each.Environment.Variables.AWS_ENDPOINT_URL_CLOUDFRONT, "http://127.0.0.1:9000");
  }
  for (const { Properties } of Object.values(pipeline.findResources("AWS::Logs::LogGroup"))) {
    assert.equal(Properties.RetentionInDays, 7);
  }
});

test("purges queue at Lambda, unless nothing is to be reserved", () => {
  const reserved = (own: object) =>
    functions(templates(pipelineAlone(own)).pipeline).invalidate.ReservedConcurrentExecutions;
  assert.equal(reserved({}), 1);
  assert.equal(reserved({ concurrentPurges: 2 }), 2);
  assert.equal(reserved({ concurrentPurges: 0 }), undefined);
});

test("the state machine is the file, with the functions filled in, logged and traced", () => {
  const { pipeline } = templates(pipelineAlone());
  const definition = readFileSync(new URL("../../statemachine/refresh.asl.json", import.meta.url), "utf8");
  pipeline.hasResourceProperties("AWS::StepFunctions::StateMachine", {
    StateMachineType: "STANDARD",
    DefinitionString: definition,
    DefinitionSubstitutions: {
      InvalidateFunctionArn: { Ref: Match.stringLikeRegexp("InvalidateFunctionCurrentVersion") },
      PollFunctionArn: { Ref: Match.stringLikeRegexp("PollFunctionCurrentVersion") },
      PrewarmFunctionArn: { Ref: Match.stringLikeRegexp("PrewarmFunctionCurrentVersion") },
    },
    TracingConfiguration: { Enabled: true },
    LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
  });
  const used = new Set([...definition.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
  assert.deepEqual([...used].sort(), ["InvalidateFunctionArn", "PollFunctionArn", "PrewarmFunctionArn"]);
});

test("the log level of executions is a setting", () => {
  const { pipeline } = templates(pipelineAlone({ executionLogLevel: "ERROR", logExecutionData: true }));
  pipeline.hasResourceProperties("AWS::StepFunctions::StateMachine", {
    LoggingConfiguration: { Level: "ERROR", IncludeExecutionData: true },
  });
});

test("parameters and outputs say where to start", () => {
  const { pipeline } = templates(pipelineAlone({ parameterPrefix: "/shop/refresh" }));
  for (const [name, resource] of [
    ["state-machine-arn", "RefreshStateMachine"],
    ["state-machine-alias-arn", "RefreshAlias"],
  ] as const) {
    pipeline.hasResourceProperties("AWS::SSM::Parameter", {
      Name: `/shop/refresh/${name}`,
      Value: { Ref: Match.stringLikeRegexp(resource) },
    });
  }
  pipeline.hasResourceProperties("AWS::SSM::Parameter", {
    Name: "/shop/refresh/distribution-id",
    Value: "E2EXAMPLE1234",
  });
  assert.deepEqual(Object.keys(pipeline.findOutputs("*")).sort(), [
    "ClientId",
    "InvalidateFunctionName",
    "PollFunctionName",
    "PrewarmFunctionName",
    "SecretArn",
    "StateMachineAliasArn",
    "StateMachineArn",
  ]);
});

test("beside an existing distribution and user pool there is the pipeline alone", () => {
  const { pipeline } = templates(pipelineAlone());
  const types = new Set(
    Object.values(pipeline.toJSON().Resources).map((each) => (each as { Type: string }).Type),
  );
  assert.deepEqual([...types].sort(), [
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::SSM::Parameter",
    "AWS::StepFunctions::StateMachine",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
  ]);
});

test("the pipeline refreshes the app's own distribution where none is named", () => {
  const { pipeline } = templates(everything({ errorCachingTtl: "5s" }));
  const { invalidate, prewarm } = functions(pipeline);
  const reference = { "Fn::GetStackOutput": { StackName: "WarmfrontDistribution", Region: "us-east-1" } };
  assert.deepEqual(
    Match.objectLike({ Variables: { DISTRIBUTION_ID: reference } }).test(invalidate.Environment).failCount,
    0,
  );
  const { Variables: variables } = prewarm.Environment;
  assert.match(JSON.stringify(variables.BASE_URL), /https:\/\/.*DomainName/);
  assert.equal(variables.ERROR_CACHING_TTL, "5s");
});

test("whoever is granted to start executions may do that and nothing else", () => {
  const app = testApp(WITHOUT_STAGING);
  const { pipeline } = addStacks(app, checkInstallation(SETTINGS_FILE, pipelineAlone()));
  const role = new Role(new Stack(app, "Theirs"), "Importer", {
    assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
  });
  pipeline.pipeline.grantStartExecution(role);
  const [policy] = Object.values(Template.fromStack(Stack.of(role)).findResources("AWS::IAM::Policy"));
  const statements: { Action: string; Resource: object }[] = policy?.Properties.PolicyDocument.Statement;
  assert.deepEqual(
    statements.map((each) => each.Action),
    ["states:StartExecution"],
  );
  assert.match(
    JSON.stringify(statements[0]?.Resource),
    /RefreshAlias/,
    "through the alias, and in no other way",
  );
});

test("the prewarmer is told which paths are signed", () => {
  const { pipeline } = templates(
    everything({
      publicPaths: ["/files/*"],
      signedPaths: { "/api/*": "key-group", "/files/*": "key-group" },
    }),
  );
  assert.equal(functions(pipeline).prewarm.Environment.Variables.SIGNED_PATHS, "/api/* /files/*");
});

test("a pipeline whose contract is none is refused before anything is made", () => {
  const contractFile = join(temporaryFolder(), "contract.json");
  writeFileSync(contractFile, '{"not":"a contract"}');
  const props = { contractFile } as RefreshPipelineProps;
  assert.throws(
    () => new RefreshPipeline(new Stack(), "RefreshPipeline", props),
    /contract\.json has 8 problem\(s\):\n {2}- tagHeader is missing; add it \[missing\]/,
  );
});
