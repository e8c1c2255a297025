/** A deployment changes nothing for executions that have begun. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Match, type Template } from "aws-cdk-lib/assertions";
import { builtBinaries, pipelineAlone, templates, temporaryFolder } from "./app-under-test.ts";

const BINARIES = builtBinaries();

/** The logical ids of all published versions. */
function versions(template: Template): string[] {
  return ["AWS::Lambda::Version", "AWS::StepFunctions::StateMachineVersion"].flatMap((type) =>
    Object.keys(template.findResources(type)),
  );
}

function deployment(changes: object = {}): Template {
  return templates(pipelineAlone({ binaries: BINARIES, ...changes })).pipeline;
}

test("every function publishes a version, and the state machine calls versions only", () => {
  const template = deployment();
  assert.deepEqual(
    versions(template).map((id) => id.replace(/[0-9a-fA-F]{40}$/, "")),
    [
      "RefreshPipelineInvalidateFunctionCurrentVersion",
      "RefreshPipelinePollFunctionCurrentVersion",
      "RefreshPipelinePrewarmFunctionCurrentVersion",
      "RefreshPipelineRefreshVersion",
    ],
  );
});

test("the alias is on the version of this deployment's definition", () => {
  const template = deployment();
  template.hasResourceProperties("AWS::StepFunctions::StateMachineVersion", {
    StateMachineArn: { Ref: Match.stringLikeRegexp("RefreshStateMachine") },
    StateMachineRevisionId: {
      "Fn::GetAtt": [Match.stringLikeRegexp("RefreshStateMachine"), "StateMachineRevisionId"],
    },
  });
  template.hasResourceProperties("AWS::StepFunctions::StateMachineAlias", {
    Name: "live",
    RoutingConfiguration: [{ StateMachineVersionArn: { Ref: versions(template).at(-1) }, Weight: 100 }],
  });
});

test("the same code and settings publish nothing new", () => {
  assert.deepEqual(versions(deployment()), versions(deployment()));
});

test("a changed function publishes its version, and a state machine version that calls it", () => {
  const before = versions(deployment());
  const after = versions(deployment({ poll: { window: "10s" } }));
  assert.deepEqual(
    after.map((id) => before.includes(id)),
    [true, false, true, false],
  );
});

test("a changed definition publishes a version of the state machine alone", () => {
  const definition = join(temporaryFolder(), "refresh.asl.json");
  const shipped = readFileSync(new URL("../../statemachine/refresh.asl.json", import.meta.url), "utf8");
  writeFileSync(definition, shipped.replace('"Comment"', '"Comment": "changed", "Comment"'));
  const before = versions(deployment());
  assert.deepEqual(
    versions(deployment({ definition })).map((id) => before.includes(id)),
    [true, true, true, false],
  );
});

test("earlier versions stay, unless the deployment that made them is rolled back", () => {
  const template = deployment();
  for (const id of versions(template)) {
    const { DeletionPolicy, UpdateReplacePolicy } = template.toJSON().Resources[id];
    assert.deepEqual([DeletionPolicy, UpdateReplacePolicy], ["RetainExceptOnCreate", "Retain"]);
  }
});
