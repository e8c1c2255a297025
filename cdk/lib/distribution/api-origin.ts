/**
 * The origins of the distribution: the slow API, and the buckets beside it.
 */
import { Duration } from "aws-cdk-lib";
import { AccessLevel, type IOrigin, OriginProtocolPolicy, OriginSslPolicy } from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, OriginGroup, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Contract } from "../contract/contract.ts";
import { seconds } from "../duration.ts";

/** The API as CloudFront reaches it. */
export interface ApiOriginProps {
  /** Its host name. */
  readonly domainName: string;
  /** Path before every request's own, such as a stage. @default none */
  readonly path?: string;
  /** @default "https" */
  readonly protocol?: "https" | "http";
  /** @default the protocol's own */
  readonly port?: number;
  /**
   * Longest wait for a first byte, and between two packets.
   * @default the timeout of the contract's slowest endpoint, at least 30 seconds
   */
  readonly readTimeout?: Duration;
  /**
   * The account's quota "Response timeout per origin" (L-AECE9FA7). Above it CloudFront refuses the distribution.
   * @default 120 seconds, what every account has
   */
  readonly readTimeoutQuota?: Duration;
  /**
   * How often CloudFront begins a request. It also repeats a GET that timed out, so 3 attempts at a slow
   * aggregation are 3 aggregations.
   * @default 1
   */
  readonly connectionAttempts?: number;
  /**
   * Region of Origin Shield, nearest to the API: then one prewarmed answer serves the world.
   * @default no Origin Shield
   */
  readonly originShieldRegion?: string;
  /**
   * A header by which the API tells CloudFront's requests from others. Without it anyone who knows the API's address
   * can send the tenant header himself.
   * @default none
   */
  readonly verify?: { readonly header: string; readonly secret: ISecret };
}

/** Codes for which a last-known-good answer is right. Never 404: a tenant's missing page is an answer. */
export const FAILOVER_CODES = [500, 502, 503, 504];

const DEFAULT_QUOTA = 120;
const LEAST_TIMEOUT = 30;

/** The read timeout in seconds: `given`, or what the slowest endpoint of `contract` needs. */
export function readTimeoutOf(contract: Contract, given: number | undefined): number {
  return given ?? Math.max(LEAST_TIMEOUT, ...contract.endpoints.map((endpoint) => seconds(endpoint.timeout)));
}

/** What is wrong with a read timeout above the account's quota. */
export function overQuota(readTimeout: number, quota: number): string | undefined {
  if (readTimeout <= quota) return undefined;
  return (
    `the origin read timeout is ${readTimeout} s and the account's quota ${quota} s: CloudFront would ` +
    'refuse the distribution. Ask for a higher quota "Response timeout per origin" (L-AECE9FA7) and then raise ' +
    "originReadTimeoutQuota, or lower the timeouts of the contract's endpoints"
  );
}

/** The API's origin with timeouts that its slowest endpoint fits into. */
export function apiOrigin(props: ApiOriginProps, contract: Contract): IOrigin {
  const readTimeout = readTimeoutOf(contract, props.readTimeout?.toSeconds());
  const problem = overQuota(readTimeout, props.readTimeoutQuota?.toSeconds() ?? DEFAULT_QUOTA);
  if (problem) throw new Error(problem);
  const http = props.protocol === "http";
  return new HttpOrigin(props.domainName, {
    originPath: props.path,
    protocolPolicy: http ? OriginProtocolPolicy.HTTP_ONLY : OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    httpPort: http ? props.port : undefined,
    httpsPort: http ? undefined : props.port,
    readTimeout: Duration.seconds(readTimeout),
    connectionAttempts: props.connectionAttempts ?? 1,
    originShieldEnabled: props.originShieldRegion !== undefined,
    originShieldRegion: props.originShieldRegion,
    customHeaders: props.verify
      ? // A reference that CloudFormation resolves: the value is in neither the template nor the code.
        { [props.verify.header]: props.verify.secret.secretValue.unsafeUnwrap() }
      : undefined,
  });
}

/** A private bucket that only this distribution may read. */
export function staticOrigin(bucket: IBucket): IOrigin {
  return S3BucketOrigin.withOriginAccessControl(bucket);
}

/** `api`, and where it fails, what lies in `bucket` under the same path, or the bucket's own 404. */
export function withLastKnownGood(api: IOrigin, bucket: IBucket): IOrigin {
  return new OriginGroup({
    primaryOrigin: api,
    // Without the right to list, S3 answers 403 for an object that is not there.
    fallbackOrigin: S3BucketOrigin.withOriginAccessControl(bucket, {
      originAccessLevels: [AccessLevel.READ, AccessLevel.LIST],
    }),
    fallbackStatusCodes: FAILOVER_CODES,
  });
}
