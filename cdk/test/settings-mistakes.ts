/** Settings that break a rule between settings, or between settings and the contract. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONTRACT_FILE, everything, pipelineAlone, temporaryFolder } from "./app-under-test.ts";

const CLIENT = "1example23456789";
const LOGIN = {
  header: "x-origin-verify",
  secretArn: "arn:aws:secretsmanager:us-east-1:123456789012:secret:v-AbCdEf",
};
export const SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:prewarm-AbCdEf";

/** The rule, settings that break it and nothing else, and what is said. */
export const MISTAKES: readonly (readonly [rule: string, settings: object, ...said: string[]])[] = [
  [
    "distributionIsNamed",
    pipelineAlone({ distributionId: undefined }),
    'pipeline: "distributionId" is missing: give the distribution to purge, or the setting "distribution"',
  ],
  [
    "baseUrlIsNamed",
    pipelineAlone({ baseUrl: undefined }),
    'pipeline: "baseUrl" is missing: give the address of the distribution, to which the prewarmer sends requests',
  ],
  [
    "baseUrlIsNamed",
    everything({}, { distributionId: "E2EXAMPLE1234" }),
    'pipeline: "baseUrl" is missing: give the address of the distribution, to which the prewarmer sends requests',
  ],
  ...["https://app.example.com:99999", "https://app..example.com", "https://-app.example.com"].map(
    (baseUrl) =>
      [
        "baseUrlIsAddress",
        pipelineAlone({ baseUrl }),
        `pipeline.baseUrl: ${baseUrl} is no address that can be asked; write scheme and host name, such as https://app.example.com`,
      ] as const,
  ),
  [
    "baseUrlIsEncrypted",
    pipelineAlone({ baseUrl: "http://d111111abcdef8.cloudfront.net" }),
    "pipeline.baseUrl: http://d111111abcdef8.cloudfront.net would send the service user's token in the clear; write https://",
  ],
  [
    "baseUrlPlaceholder",
    pipelineAlone({ baseUrl: "https://{org}.example.com", distributionTenants: true }),
    "pipeline.baseUrl: https://{org}.example.com has a placeholder other than {tenant}, the only one that is filled in",
  ],
  [
    "baseUrlPlaceholder",
    pipelineAlone({ baseUrl: "https://{tenant}.example.com" }),
    "pipeline.baseUrl: https://{tenant}.example.com has {tenant}, and only a multi-tenant distribution has a host for each tenant; set distributionTenants, or write the host out",
  ],
  [
    "parametersAreNotAwss",
    { ...everything(), stackPrefix: "AwsShop" },
    "stackPrefix: AwsShop puts the parameters under /awsshop, and names that begin with aws or ssm are AWS's own; give pipeline.parameterPrefix, or another stackPrefix",
  ],
  [
    "regionIsNamed",
    { ...everything(), region: undefined },
    '"region" is missing: the distribution is in us-east-1, and the pipeline has to know its own region to refer to it',
  ],
  [
    "poolIsInRegion",
    { ...everything(), region: "eu-west-1" },
    'pipeline.userPoolId: the pool is in eu-central-1 and the pipeline in eu-west-1; put "region" where the pool is',
  ],
  [
    "secretHasClient",
    pipelineAlone({ clientId: undefined }),
    'pipeline: "clientId" is missing: give the app client that the user in secretArn logs in with, or neither of them to have both made',
  ],
  [
    "secretIsInRegion",
    pipelineAlone({ secretArn: SECRET.replace("eu-central-1", "eu-west-1") }),
    "pipeline.secretArn: is in eu-west-1 and the pipeline in eu-central-1, which cannot read it; replicate the secret to eu-central-1 and name that one",
  ],
  [
    "keyIsInRegion",
    pipelineAlone({ secretKeyArn: "arn:aws:kms:eu-west-1:123456789012:key/1234" }),
    "pipeline.secretKeyArn: is in eu-west-1 and the pipeline in eu-central-1, which cannot read it; replicate the secret to eu-central-1 and name that one",
  ],
  [
    "prewarmFitsLambda",
    pipelineAlone({ prewarm: { timeout: "16m" } }),
    "pipeline.prewarm.timeout: 16m is above 900s, Lambda's maximum",
  ],
  [
    "windowFitsFunction",
    pipelineAlone({ poll: { window: "26s" } }),
    "pipeline.poll.window: 26s is above 25s, and the poll function is stopped after 30s",
  ],
  [
    "budgetHoldsWindow",
    pipelineAlone({ poll: { budget: "10s" } }),
    "pipeline.poll.budget: 10s is below poll.window 20s, so a single look would outlast it; raise the budget or shorten the window",
  ],
  ...["3h", "90m", "1001d"].map(
    (rotateAfter) =>
      [
        "rotationIsPossible",
        everything({}, { serviceUser: { rotateAfter } }),
        `pipeline.serviceUser.rotateAfter: ${rotateAfter} is no period that Secrets Manager takes: whole hours, from 4h to 1000d`,
      ] as const,
  ),
  [
    "executionDataHasLog",
    pipelineAlone({ executionLogLevel: "OFF", logExecutionData: true }),
    "pipeline.logExecutionData: is true and executionLogLevel is OFF, so nothing is logged; raise the level, or leave it out",
  ],
  [
    "variablesAreFree",
    pipelineAlone({ functionEnvironment: { BASE_URL: "x", RUST_BACKTRACE: "1" } }),
    "pipeline.functionEnvironment: BASE_URL is set by the pipeline itself; use its own setting",
  ],
  [
    "variablesAreNotLambdas",
    pipelineAlone({
      functionEnvironment: { AWS_REGION: "x", AWS_ENDPOINT_URL_CLOUDFRONT: "http://127.0.0.1" },
    }),
    "pipeline.functionEnvironment: AWS_REGION is Lambda's own, which it refuses; leave it out",
  ],
  [
    "variablesFit",
    pipelineAlone({ functionEnvironment: { LONG: "x".repeat(3100) } }),
    "pipeline.functionEnvironment: 3104 characters are above 3072, what Lambda's 4 KiB leave beside the pipeline's own; give fewer or shorter variables",
  ],
  [
    "namesHaveCertificate",
    everything({ domainNames: ["app.example.com"] }),
    'distribution: "certificateArn" is missing: domainNames need a certificate',
  ],
  [
    "apiIsNotTheSite",
    everything({
      domainNames: ["API.example.com"],
      certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/a",
    }),
    "distribution.apiDomain: api.example.com is also one of domainNames, so CloudFront would ask itself; give the API's own name",
  ],
  [
    "apiIsNoDistribution",
    everything({ apiDomain: "d111111abcdef8.cloudfront.net" }),
    "distribution.apiDomain: d111111abcdef8.cloudfront.net is a distribution of CloudFront, so CloudFront would ask itself, or a cache that no purge reaches; give the API's own name",
  ],
  ...["api.shop.internal", "internal-api-1.eu-central-1.elb.amazonaws.com"].map(
    (apiDomain) =>
      [
        "apiIsPublic",
        everything({ apiDomain }),
        `distribution.apiDomain: ${apiDomain} is known in a private network only, and CloudFront asks from the internet; give a name that resolves there`,
      ] as const,
  ),
  [
    "apiPortIsAllowed",
    everything({ apiPort: 444 }),
    "distribution.apiPort: CloudFront does not connect to 444; let the API listen on 80, 443 or from 1024 on",
  ],
  [
    "apiPortFitsProtocol",
    everything({ apiPort: 80 }),
    "distribution.apiPort: 80 is not where an API speaks https, so every answer would be a 502; leave it out, or correct apiProtocol",
  ],
  [
    "apiPortFitsProtocol",
    everything({ apiPort: 443, apiProtocol: "http" }),
    "distribution.apiPort: 443 is not where an API speaks http, so every answer would be a 502; leave it out, or correct apiProtocol",
  ],
  [
    "prewarmerSigns",
    everything({ signedPaths: { "/api/*": "key-group" } }, { prewarm: { signedPaths: ["/files/*"] } }),
    'pipeline.prewarm.signedPaths: "/api/*" of distribution.signedPaths is missing, so requests there would be refused; add it, or leave prewarm.signedPaths out',
  ],
  [
    "baseUrlIsNotTheApi",
    everything({}, { baseUrl: "https://api.example.com" }),
    "pipeline.baseUrl: https://api.example.com is the API itself, so nothing would be cached by prewarming it; give the distribution's address, or leave it out",
  ],
  [
    "baseUrlIsTheSite",
    everything({}, { baseUrl: "https://app.example.com" }),
    "pipeline.baseUrl: app.example.com is none of distribution.domainNames, so requests would not reach this distribution; add it there, or leave baseUrl out",
  ],
  [
    "clientsIncludePrewarmer",
    everything({ clientIds: ["web"] }, { clientId: CLIENT, secretArn: SECRET }),
    `distribution.clientIds: ${CLIENT} is missing: the prewarmer's own tokens would be refused`,
  ],
  [
    "errorsExpireBeforeRetries",
    everything({ errorCachingTtl: "30s" }, { prewarm: { errorCachingTtl: "10s" } }),
    "pipeline.prewarm.errorCachingTtl: 10s is below distribution.errorCachingTtl 30s: a repeated request would read the cached error; leave it out to have them equal",
  ],
  [
    "verifyHeaderIsAllowed",
    everything({ originVerify: { ...LOGIN, header: "X-Amz-Verify" } }),
    'distribution.originVerify.header: CloudFront refuses "X-Amz-Verify" as a header of its own; use another name, such as x-origin-verify',
  ],
  [
    "verifyHeaderIsOwn",
    everything({ originVerify: { ...LOGIN, header: "Origin" } }),
    'distribution.originVerify.header: "Origin" says something else to the API, which would be lost; use another name, such as x-origin-verify',
  ],
  [
    "namesAreDistinct",
    everything({
      domainNames: ["app.example.com", "App.example.com"],
      certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/a",
    }),
    "distribution.domainNames: App.example.com stands there twice, which CloudFront refuses; keep one",
  ],
  [
    "edgeIsInAccount",
    everything({ webAclArn: "arn:aws:wafv2:us-east-1:210987654321:global/webacl/site/abc" }),
    "distribution.webAclArn: is in the account 210987654321 and the distribution in 123456789012, where CloudFront refuses it; make one there",
  ],
  [
    "publicPathsAreNarrow",
    everything({ publicPaths: ["/*"] }),
    'distribution.publicPaths: "/*" is every path, so nobody would need a token; list the paths that need none',
  ],
  [
    "prewarmOutlastsEndpoints",
    pipelineAlone({ prewarm: { timeout: "2m" } }),
    'pipeline.prewarm.timeout: 2m is too short for endpoint "/api/overview?organization={tenant}", which may take 110s, and 30s around it; raise it, or lower the endpoint\'s timeout',
  ],
  [
    "errorsExpireInTime",
    everything({ errorCachingTtl: "1h" }),
    "distribution.errorCachingTtl: 1h leaves no time in pipeline.prewarm.timeout 900s to repeat a request that failed; lower it",
  ],
  [
    "errorsExpireInTime",
    pipelineAlone({ prewarm: { errorCachingTtl: "15m" } }),
    "pipeline.prewarm.errorCachingTtl: 15m leaves no time in pipeline.prewarm.timeout 900s to repeat a request that failed; lower it",
  ],
  [
    "tokenCookieIsNotKeyed",
    { ...everything({ tokenCookie: "theme" }), contract: withCookieInKey() },
    'distribution.tokenCookie: "theme" is in cacheKey.cookies of the contract, so every login would have entries of its own; take it out of the contract',
  ],
  [
    "tokenHasClaim",
    everything({ tokenUse: "access" }),
    'distribution.tokenUse: access tokens have no "custom:organization" (tenant.claim of the contract), so every viewer would be refused; use "id", or a claim that a trigger of the pool adds to access tokens',
  ],
  [
    "readTimeoutIsWithinQuota",
    everything({ originReadTimeout: "180s" }),
    "distribution.originReadTimeout: the origin read timeout is 180 s and the account's quota 120 s: CloudFront would refuse the distribution. Ask for a higher quota \"Response timeout per origin\" (L-AECE9FA7) and then raise originReadTimeoutQuota, or lower the timeouts of the contract's endpoints",
  ],
  [
    "publicPathsAreNotTenants",
    everything({ publicPaths: ["/api/version"] }),
    'distribution.publicPaths: "/api/version" is a path of the contract, which needs a token; take it out of one of them',
  ],
  [
    "signedPathsExist",
    everything({ signedPaths: { "/reports/*": "key-group" } }),
    'distribution.signedPaths: "/reports/*" is no pattern of the contract\'s paths or of publicPaths, so no behaviour has it; the patterns are /api/*',
  ],
  [
    "verifyHeaderIsFree",
    everything({ originVerify: { ...LOGIN, header: "X-Organization-Id" } }),
    'distribution.originVerify.header: "x-organization-id" is a header of the contract, whose value it would replace; use another name, such as x-origin-verify',
  ],
];

/** The tests' contract with a cookie in its key, as a file. */
function withCookieInKey(): string {
  const given = JSON.parse(readFileSync(CONTRACT_FILE, "utf8"));
  given.cacheKey = { ...given.cacheKey, cookies: ["theme"], sent: { cookies: { theme: "dark" } } };
  const file = join(temporaryFolder(), "contract.json");
  writeFileSync(file, JSON.stringify(given));
  return file;
}
