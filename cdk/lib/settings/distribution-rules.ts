/**
 * Rules of the distribution's settings.
 */
import { seconds } from "../duration.ts";
import type { DistributionRule } from "./rule.ts";

// What CloudFront refuses as a custom header of an origin:
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html#add-origin-custom-headers-denylist
const CLOUDFRONTS_HEADERS =
  /^(cache-control|connection|content-length|cookie|host|if-.*|max-forwards|pragma|proxy-.*|range|request-range|te|trailers?|transfer-encoding|upgrade|via|x-real-ip|x-amz-.*|x-edge-.*)$/i;

// What CloudFront connects to, beside 80 and 443: 1024 to 65535.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesOrigin.html#DownloadDistValuesHTTPPort
const LOWEST_FREE_PORT = 1024;
/** Names that no public resolver knows, and load balancers that have a private address only. */
const PRIVATE = /(\.(internal|intranet|invalid|lan|local|localhost)|^internal-.*\.elb\.amazonaws\.com)$/i;

/** What browsers, proxies or the edge functions send in headers of these names. */
const OTHERS_HEADERS = /^(accept(-.*)?|origin|referer|user-agent|x-forwarded-.*|x-warmfront-.*)$/i;

/** By name. */
export const DISTRIBUTION_RULES: Readonly<Record<string, DistributionRule>> = {
  namesHaveCertificate: ({ domainNames, certificateArn }) =>
    domainNames.length > 0 &&
    !certificateArn &&
    'distribution: "certificateArn" is missing: domainNames need a certificate',

  apiIsNotTheSite: ({ apiDomain, domainNames }) =>
    domainNames.some((name) => same(name, apiDomain)) &&
    `distribution.apiDomain: ${apiDomain} is also one of domainNames, so CloudFront would ask itself; give the API's own name`,

  apiIsNoDistribution: ({ apiDomain }) =>
    /\.cloudfront\.net$/i.test(apiDomain) &&
    `distribution.apiDomain: ${apiDomain} is a distribution of CloudFront, so CloudFront would ask itself, or a cache that no purge reaches; give the API's own name`,

  apiIsPublic: ({ apiDomain }) =>
    PRIVATE.test(apiDomain) &&
    `distribution.apiDomain: ${apiDomain} is known in a private network only, and CloudFront asks from the internet; give a name that resolves there`,

  apiPortIsAllowed: ({ apiPort }) =>
    apiPort !== undefined &&
    apiPort < LOWEST_FREE_PORT &&
    ![80, 443].includes(apiPort) &&
    `distribution.apiPort: CloudFront does not connect to ${apiPort}; let the API listen on 80, 443 or from ${LOWEST_FREE_PORT} on`,

  apiPortFitsProtocol: ({ apiPort, apiProtocol }) =>
    apiPort === (apiProtocol === "https" ? 80 : 443) &&
    `distribution.apiPort: ${apiPort} is not where an API speaks ${apiProtocol}, so every answer would be a 502; leave it out, or correct apiProtocol`,

  prewarmerSigns: ({ signedPaths }, { prewarm, distributionId }) =>
    !distributionId &&
    prewarm.signedPaths &&
    Object.keys(signedPaths)
      .filter((pattern) => !prewarm.signedPaths?.includes(pattern))
      .map(
        (pattern) =>
          `pipeline.prewarm.signedPaths: "${pattern}" of distribution.signedPaths is missing, so requests there would be refused; add it, or leave prewarm.signedPaths out`,
      ),

  baseUrlIsNotTheApi: ({ apiDomain }, { baseUrl }) =>
    same(hostOf(baseUrl), apiDomain) &&
    `pipeline.baseUrl: ${baseUrl} is the API itself, so nothing would be cached by prewarming it; give the distribution's address, or leave it out`,

  baseUrlIsTheSite: ({ apiDomain, domainNames }, { baseUrl, distributionId }) => {
    const host = hostOf(baseUrl);
    if (distributionId || host === "" || same(host, apiDomain) || host.endsWith(".cloudfront.net"))
      return false;
    return (
      !domainNames.some((name) => covers(name, host)) &&
      `pipeline.baseUrl: ${host} is none of distribution.domainNames, so requests would not reach this distribution; add it there, or leave baseUrl out`
    );
  },

  clientsIncludePrewarmer: ({ clientIds }, { clientId }) =>
    clientIds &&
    clientId &&
    !clientIds.includes(clientId) &&
    `distribution.clientIds: ${clientId} is missing: the prewarmer's own tokens would be refused`,

  errorsExpireBeforeRetries: ({ errorCachingTtl }, { prewarm, distributionId }) =>
    !distributionId &&
    prewarm.errorCachingTtl &&
    seconds(prewarm.errorCachingTtl) < seconds(errorCachingTtl) &&
    `pipeline.prewarm.errorCachingTtl: ${prewarm.errorCachingTtl} is below distribution.errorCachingTtl ${errorCachingTtl}: a repeated request would read the cached error; leave it out to have them equal`,

  verifyHeaderIsAllowed: ({ originVerify }) =>
    originVerify &&
    CLOUDFRONTS_HEADERS.test(originVerify.header) &&
    `distribution.originVerify.header: CloudFront refuses "${originVerify.header}" as a header of its own; use another name, such as x-origin-verify`,

  verifyHeaderIsOwn: ({ originVerify }) =>
    originVerify &&
    OTHERS_HEADERS.test(originVerify.header) &&
    `distribution.originVerify.header: "${originVerify.header}" says something else to the API, which would be lost; use another name, such as x-origin-verify`,

  namesAreDistinct: ({ domainNames }) =>
    domainNames
      .filter((name, index) => domainNames.slice(0, index).some((before) => same(before, name)))
      .map(
        (name) => `distribution.domainNames: ${name} stands there twice, which CloudFront refuses; keep one`,
      ),

  publicPathsAreNarrow: ({ publicPaths }) =>
    publicPaths
      .filter((pattern) => /^\/[*?]*\*[*?]*$/.test(pattern))
      .map(
        (pattern) =>
          `distribution.publicPaths: "${pattern}" is every path, so nobody would need a token; list the paths that need none`,
      ),
};

function hostOf(url: string | undefined): string {
  return (
    url
      ?.replace(/^https?:\/\//, "")
      .replace(/:[0-9]+$/, "")
      .toLowerCase() ?? ""
  );
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

/** Whether `name`, perhaps with a wildcard, is a name of `host`. */
function covers(name: string, host: string): boolean {
  return name.startsWith("*.") ? same(name.slice(1), host.slice(host.indexOf("."))) : same(name, host);
}
