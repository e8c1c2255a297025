import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Rotation,
  type RotationEvent,
  rotate,
  type ServiceUser,
} from "../lib/identity/rotate-password.lambda.ts";

const OLD = "version-1";
const NEW = "version-2";

/** A secret and a user pool that remember. */
class Account implements Rotation {
  stages: Record<string, string[]> = { [OLD]: ["AWSCURRENT"], [NEW]: ["AWSPENDING"] };
  values: Record<string, ServiceUser> = { [OLD]: { username: "robot", password: "old" } };
  password: string | undefined;
  challenge: string | undefined;
  made = 0;

  async versions() {
    return this.stages;
  }
  async read(_secret: string, stage: string, version?: string) {
    const id = version ?? Object.keys(this.stages).find((each) => this.stages[each]?.includes(stage));
    return id === undefined ? undefined : this.values[id];
  }
  async newPassword() {
    this.made += 1;
    return `new ${this.made}`;
  }
  async store(_secret: string, version: string, user: ServiceUser) {
    this.values[version] = user;
  }
  async promote(_secret: string, version: string, from: string | undefined) {
    assert.equal(from, OLD);
    this.stages = { [OLD]: ["AWSPREVIOUS"], [version]: ["AWSCURRENT"] };
  }
  async setPassword(user: ServiceUser) {
    this.password = user.password;
  }
  async login(user: ServiceUser) {
    assert.equal(user.password, this.password);
    return this.challenge;
  }
}

function step(Step: RotationEvent["Step"]): RotationEvent {
  return { Step, SecretId: "secret", ClientRequestToken: NEW };
}

test("four steps end with a new permanent password, tried and current", async () => {
  const account = new Account();
  for (const each of ["createSecret", "setSecret", "testSecret", "finishSecret"] as const) {
    await rotate(step(each), account);
  }
  assert.equal(account.password, "new 1");
  assert.deepEqual(account.values[NEW], { username: "robot", password: "new 1" });
  assert.deepEqual(account.stages[NEW], ["AWSCURRENT"]);
});

test("a repeated first step keeps the password that it made", async () => {
  const account = new Account();
  await rotate(step("createSecret"), account);
  await rotate(step("createSecret"), account);
  assert.equal(account.made, 1);
});

test("steps after the last change nothing", async () => {
  const account = new Account();
  account.stages = { [NEW]: ["AWSCURRENT"] };
  await rotate(step("createSecret"), account);
  await rotate(step("finishSecret"), account);
  assert.equal(account.made, 0);
});

test("a login that ends in a challenge fails the rotation before the password is current", async () => {
  const account = new Account();
  account.challenge = "NEW_PASSWORD_REQUIRED";
  await rotate(step("createSecret"), account);
  await rotate(step("setSecret"), account);
  await assert.rejects(rotate(step("testSecret"), account), {
    message: "login of robot ends in the challenge NEW_PASSWORD_REQUIRED",
  });
  assert.deepEqual(account.stages[OLD], ["AWSCURRENT"]);
});

test("a version that is not this secret's, or not pending, is refused", async () => {
  const account = new Account();
  account.stages = { [OLD]: ["AWSCURRENT"] };
  await assert.rejects(rotate(step("createSecret"), account), /version-2 is not one of the secret's/);
  account.stages = { [OLD]: ["AWSCURRENT"], [NEW]: ["AWSPREVIOUS"] };
  await assert.rejects(rotate(step("createSecret"), account), /version-2 is not pending/);
  account.stages = { [OLD]: ["AWSCURRENT"], [NEW]: ["AWSPENDING"] };
  await assert.rejects(rotate(step("setSecret"), account), /version-2 has no value yet/);
});
