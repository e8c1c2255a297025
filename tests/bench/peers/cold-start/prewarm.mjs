// Logs in, requests a tenant's endpoints twice, and says which of them are cached and fresh.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { join } from "node:path";
import { AdminInitiateAuthCommand, CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { serve } from "./runtime.mjs";

const { BASE_URL, SECRET_ID, USER_POOL_ID, CLIENT_ID, LAMBDA_TASK_ROOT } = process.env;
const contract = JSON.parse(readFileSync(join(LAMBDA_TASK_ROOT, "contract.json"), "utf8"));
const secrets = new SecretsManagerClient({});
const cognito = new CognitoIdentityProviderClient({});
// The SDK stands on these modules: nothing more is loaded for the requests to the distribution.
const client = BASE_URL.startsWith("https:") ? https : http;
const agent = new client.Agent({ keepAlive: true });
const held = { token: undefined, until: 0 };

async function token() {
  if (performance.now() < held.until) return held.token;
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: SECRET_ID }));
  const { username, password } = JSON.parse(SecretString);
  const { AuthenticationResult: result } = await cognito.send(
    new AdminInitiateAuthCommand({
      UserPoolId: USER_POOL_ID,
      ClientId: CLIENT_ID,
      AuthFlow: "ADMIN_USER_PASSWORD_AUTH",
      AuthParameters: { USERNAME: username, PASSWORD: password },
    }),
  );
  held.token = result.IdToken;
  held.until = performance.now() + (result.ExpiresIn - 120) * 1000;
  return held.token;
}

function headers(tenant, variant, bearer) {
  const sent = {
    accept: "application/json",
    "accept-encoding": "gzip, deflate, br, zstd",
    [contract.tenant.header]: tenant,
    authorization: `Bearer ${bearer}`,
  };
  for (const kind of contract.variants) {
    sent[kind.from] = kind.values.find(({ value }) => value === variant[kind.header]).send;
  }
  return sent;
}

function get(path, sent) {
  return new Promise((resolve, reject) => {
    const request = client.get(BASE_URL + path, { agent, headers: sent, timeout: 110_000 }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => resolve({ answer, body: Buffer.concat(chunks) }));
      answer.on("error", reject);
    });
    request.on("timeout", () => request.destroy(new Error("timed out")));
    request.on("error", reject);
  });
}

async function look(path, sent, tenant, expected) {
  const { answer, body } = await get(path, sent);
  const found = answer.headers;
  const fresh =
    answer.statusCode === 200 &&
    found[contract.tenant.responseHeader] === tenant &&
    Number(found[contract.version.header]) >= expected &&
    JSON.parse(body).organization === tenant;
  return { fresh, cached: found["x-cache"]?.startsWith("Hit") ?? false, answer, bytes: body.length };
}

async function warm({ path, variant }, run) {
  const sent = headers(run.tenant, variant, await token());
  let seen = await look(path, sent, run.tenant, Number(run.expectedVersion));
  if (seen.fresh && !seen.cached) seen = await look(path, sent, run.tenant, Number(run.expectedVersion));
  const row = {
    path,
    variant,
    verdict: seen.fresh && seen.cached ? "fresh" : "stale",
    status: seen.answer.statusCode,
    xCache: seen.answer.headers["x-cache"],
    age: seen.answer.headers.age,
    bytes: seen.bytes,
    askedAt: new Date().toISOString(),
  };
  console.log(JSON.stringify({ level: "INFO", message: "verdict", ...row }));
  return row;
}

serve(async ({ run, progress }) => {
  await token();
  const rows = await Promise.all(progress.remaining.map((target) => warm(target, run)));
  const fresh = rows.filter(({ verdict }) => verdict === "fresh").length;
  return { next: "finished", report: { tenant: run.tenant, endpoints: rows, totals: { fresh } } };
});
