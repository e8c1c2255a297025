import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { describe, test } from "node:test";
import { authorizer, contract, token, viewerEvent, withLog } from "./edge-event.ts";
import { Dice, hostileQuery, NAMES, ordinaryQuery, strangers } from "./query-fuzz.ts";

// `npm run fuzz` asks for many more.
const QUERIES = Number(process.env.FUZZ_QUERIES ?? 3_000);
const SEED = Number(process.env.FUZZ_SEED ?? randomInt(2 ** 31));

const bearer = token();
const authorize = authorizer();
const ask = (query: string) => authorize(viewerEvent({ bearer, query }));

describe(`queries made at random, FUZZ_SEED=${SEED}`, () => {
  test("are of the contract's query names", () => assert.deepEqual(contract.tenant.queryNames, NAMES));

  test("go on only where no parser reads another tenant's name", async () => {
    const dice = new Dice(SEED);
    const passed: { sent: string; goesOn: string }[] = [];
    await withLog(async () => {
      for (let count = 0; count < QUERIES; count += 1) {
        const sent = hostileQuery(dice);
        const outcome = await ask(sent);
        if (outcome.status === undefined) passed.push({ sent, goesOn: outcome.querystring });
      }
    });
    const found = strangers(passed.map(({ goesOn }) => goesOn));
    const wrong = passed
      .map((query, index) => ({ ...query, read: found[index] }))
      .filter(({ read }) => read?.length);
    assert.deepEqual(wrong.slice(0, 10), []);
    // Nothing but refusals, or nothing but passes, would show little.
    assert.ok(
      passed.length > QUERIES / 50 && passed.length < QUERIES / 2,
      `${passed.length} of ${QUERIES} went on`,
    );
  });

  test("are tried by strings that the parsers do read as another tenant's", () => {
    const dice = new Dice(SEED);
    const found = strangers(Array.from({ length: 500 }, () => hostileQuery(dice)));
    const parsers = new Set(found.flat().map(({ parser }) => parser));
    assert.ok(parsers.size > 20, [...parsers].join(", "));
  });

  test("go on where a front end sends them", async () => {
    const dice = new Dice(SEED);
    for (let count = 0; count < QUERIES; count += 1) {
      const query = ordinaryQuery(dice);
      const { result } = await withLog(() => ask(query));
      assert.equal(result.status, undefined, `${query}: ${result.body}`);
    }
  });
});
