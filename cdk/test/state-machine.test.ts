/** The state machine in Amazon States Language, held to a linter before any engine sees it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import aslValidator from "asl-validator";

const file = new URL("../../statemachine/refresh.asl.json", import.meta.url);
const definition = JSON.parse(readFileSync(file, "utf8"));

const messages = (checked: object): string[] =>
  aslValidator(checked, { checkPaths: true, checkArn: false }).errors.map((error) => error.Message);

test("the state machine passes the linter", () => {
  assert.deepEqual(messages(definition), []);
});

test("the linter sees a state that nothing leads to", () => {
  const broken = structuredClone(definition);
  broken.States.WhatRemains.Choices[1].Next = "Nowhere";
  assert.notDeepEqual(messages(broken), []);
});

test("every state says what it is for", () => {
  for (const [name, state] of Object.entries<{ Comment?: string }>(definition.States)) {
    assert.ok(state.Comment, name);
  }
});

test("nothing catches a failure, so that a redrive goes on where it stopped", () => {
  for (const [name, state] of Object.entries<{ Catch?: unknown; Type: string }>(definition.States)) {
    assert.equal(state.Catch, undefined, name);
    assert.notEqual(state.Type, "Fail", name);
  }
});

test("no retrier matches everything", () => {
  for (const state of Object.values<{ Retry?: { ErrorEquals: string[] }[] }>(definition.States)) {
    const names = (state.Retry ?? []).flatMap((retrier) => retrier.ErrorEquals);
    assert.ok(!names.some((name) => ["States.ALL", "States.TaskFailed"].includes(name)));
  }
});
