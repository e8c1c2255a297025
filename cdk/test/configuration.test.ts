/** A function's settings stand in three places: what the app sets, what the function reads, what the page explains. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { pipelineAlone, templates } from "./app-under-test.ts";

const text = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const { pipeline } = templates(pipelineAlone({ prewarm: { signedPaths: ["/reports/*"] } }));

for (const name of ["invalidate", "poll", "prewarm"]) {
  const id = `RefreshPipeline${name[0]?.toUpperCase()}${name.slice(1)}`;
  const [, given] =
    Object.entries(pipeline.findResources("AWS::Lambda::Function")).find(([key]) => key.startsWith(id)) ?? [];
  const read = [...text(`functions/${name}/src/config.rs`).matchAll(/^pub const (\w+): &str = "\1";$/gm)].map(
    ([, variable]) => variable,
  );
  const explained = text("docs/configuration.md")
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()))
    .filter(([, , functions]) => functions === name)
    .map(([, variable]) => variable?.replaceAll("`", ""));

  test(`${name} reads what the page explains`, () => {
    assert.ok(read.length > 0);
    assert.deepEqual(read.sort(), explained.sort());
  });

  test(`${name} is given what it reads`, () => {
    assert.deepEqual(Object.keys(given?.Properties.Environment.Variables).sort(), read.sort());
  });
}
