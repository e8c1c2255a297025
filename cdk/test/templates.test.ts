/** Every template that settings can make, held to the linters of CloudFormation and of Amazon States Language. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import aslValidator from "asl-validator";
import { addStacks } from "../lib/app.ts";
import { checkInstallation } from "../lib/settings/read.ts";
import { everything, pipelineAlone, SETTINGS_FILE, testApp, WITHOUT_STAGING } from "./app-under-test.ts";

const CFN_LINT = fileURLToPath(new URL("../../target/tools/cfn-lint/bin/cfn-lint", import.meta.url));
const CONFIGURATION = fileURLToPath(new URL("../cfn-lint.yaml", import.meta.url));

const SETTINGS: Readonly<Record<string, object>> = {
  "the pipeline alone": pipelineAlone(),
  "a secret to fill, with a key": pipelineAlone({
    secretArn: undefined,
    secretKeyArn: "arn:aws:kms:eu-central-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
  }),
  "the whole app": everything(),
  "every option": everything(
    {
      apiProtocol: "http",
      apiPath: "/prod",
      staticSite: true,
      lastKnownGood: true,
      publicPaths: ["/login"],
      signedPaths: { "/api/*": "1234abcd-12ab-34cd-56ef-1234567890ab" },
      corsOrigins: ["https://app.example.com"],
      domainNames: ["app.example.com"],
      certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/1234abcd-12ab-34cd-56ef-1234567890ab",
      webAclArn:
        "arn:aws:wafv2:us-east-1:123456789012:global/webacl/site/1234abcd-12ab-34cd-56ef-1234567890ab",
      originVerify: {
        header: "x-origin-verify",
        secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:verify-AbCdEf",
      },
    },
    { distributionTenants: true, executionLogLevel: "ERROR", logExecutionData: true },
  ),
};

const templates = Object.entries(SETTINGS).flatMap(([name, settings]) => {
  const app = testApp(WITHOUT_STAGING);
  addStacks(app, checkInstallation(SETTINGS_FILE, settings));
  const { directory } = app.synth();
  const files = readdirSync(directory).filter((file) => file.endsWith(".template.json"));
  return files.map((file) => ({ name: `${name}: ${file}`, file: join(directory, file) }));
});

test("cfn-lint finds nothing in any template", () => {
  assert.ok(existsSync(CFN_LINT), 'cfn-lint is missing: run "make cfn-lint"');
  const files = templates.map(({ file }) => file);
  const arguments_ = ["--config-file", CONFIGURATION, "--format", "parseable", "--template", ...files];
  assert.equal(
    execFileSync(CFN_LINT, [...arguments_, "--non-zero-exit-code", "none"], { encoding: "utf8" }),
    "",
  );
});

test("asl-validator finds nothing in any state machine of a template", () => {
  const definitions = templates.flatMap(({ name, file }) =>
    Object.values(JSON.parse(readFileSync(file, "utf8")).Resources as Record<string, Resource>)
      .filter(({ Type }) => Type === "AWS::StepFunctions::StateMachine")
      .map(({ Properties }) => ({ name, definition: JSON.parse(Properties.DefinitionString) })),
  );
  assert.ok(definitions.length >= Object.keys(SETTINGS).length);
  for (const { name, definition } of definitions) {
    const { errors } = aslValidator(definition, { checkPaths: true, checkArn: false });
    assert.deepEqual(errors, [], name);
  }
});

interface Resource {
  readonly Type: string;
  readonly Properties: { readonly DefinitionString: string };
}
