/**
 * A distribution in front of a slow, multi-tenant API, made from the contract: cached tenant responses are tagged,
 * keyed by their tenant, and served to people of that tenant only. The guards check what comes out.
 */
import { Annotations, Duration, Validations } from "aws-cdk-lib";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  type BehaviorOptions,
  CachePolicy,
  type CfnDistribution,
  Distribution,
  type DistributionProps,
  HttpVersion,
  type IKeyGroup,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import type { EdgeFunction } from "../edge/edge-function.ts";
import { type ApiOriginProps, apiOrigin, staticOrigin, withLastKnownGood } from "./api-origin.ts";
import { guardDistribution } from "./distribution-guards.ts";
import { type CrossOrigin, TenantPolicies } from "./policies.ts";
import { authorized, tenantBehaviors } from "./tenant-behaviors.ts";

/** Properties of {@link TenantCacheDistribution}. */
export interface TenantCacheDistributionProps {
  /** What is cached, under which key, and how it is tagged. */
  readonly contract: Contract;
  /** The API behind it. */
  readonly api: ApiOriginProps;
  /** Tags what is cached. */
  readonly tagger: EdgeFunction;
  /** Decides whose answer a viewer gets. */
  readonly authorizer: EdgeFunction;
  /**
   * Says what is not cached to runs that only look.
   * @default such runs make the API compute what is missing
   */
  readonly missReporter?: EdgeFunction;
  /**
   * Bucket with the front end, served for every path that is not the API's.
   * @default every other path goes to the API, uncached and authorised
   */
  readonly staticSite?: IBucket;
  /**
   * Bucket that answers where the API answers 500, 502, 503 or 504. Its objects are the same for every tenant. The
   * contract's paths then take GET, HEAD and OPTIONS only: CloudFront has no failover for writes, and refuses a
   * behaviour that has both.
   * @default errors reach viewers
   */
  readonly lastKnownGood?: IBucket;
  /**
   * Paths of the API that need no token, such as a login: never cached, and the tenant header does not get through.
   * @default none
   */
  readonly publicPaths?: readonly string[];
  /**
   * Front ends on other origins, whose pages may read the API's answers. What the API itself says of origins counts
   * more; on cached paths it is not told the origin, since answers that differ by it would be stored for everybody.
   * @default none
   */
  readonly cors?: CrossOrigin;
  /**
   * Key groups of patterns, of the contract's paths or of public ones, that are answered to signed URLs or cookies only.
   * @default none
   */
  readonly signedPaths?: Readonly<Record<string, IKeyGroup>>;
  /**
   * How long CloudFront keeps an error of the API.
   * @default 10 seconds
   */
  readonly errorCachingTtl?: Duration;
  /**
   * Names of the site; they need `certificate`.
   * @default the distribution's own name
   */
  readonly domainNames?: readonly string[];
  /**
   * Certificate of those names, in us-east-1.
   * @default CloudFront's own
   */
  readonly certificate?: ICertificate;
  /**
   * ARN of a WAF web ACL, in us-east-1.
   * @default none
   */
  readonly webAclArn?: string;
  /**
   * Bucket for access logs, with ACLs enabled.
   * @default no access logs
   */
  readonly accessLogs?: IBucket;
  /** Shown in the console. @default the construct's path */
  readonly comment?: string;
}

/** The distribution, and the policies it is made of. */
export class TenantCacheDistribution extends Construct {
  /** The distribution. */
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: TenantCacheDistributionProps) {
    super(scope, id);
    const { contract, tagger, authorizer } = props;
    const publicPaths = props.publicPaths ?? [];
    const api = apiOrigin(props.api, contract);
    const parts = {
      contract,
      policies: new TenantPolicies(this, contract, props.cors),
      api,
      failover: props.lastKnownGood && withLastKnownGood(api, props.lastKnownGood),
      tagger,
      authorizer,
      missReporter: props.missReporter,
      publicPaths,
      signedPaths: props.signedPaths ?? {},
    };
    this.distribution = new Distribution(this, "Distribution", {
      ...siteOf(props),
      comment: props.comment ?? this.node.path,
      defaultBehavior: props.staticSite ? staticBehavior(props.staticSite) : authorized(parts),
      additionalBehaviors: tenantBehaviors(parts),
    });
    // The L2 construct has no property for it yet (aws/aws-cdk#37821).
    const resource = this.distribution.node.defaultChild as CfnDistribution;
    resource.distributionConfig = {
      ...(resource.distributionConfig as CfnDistribution.DistributionConfigProperty),
      cacheTagConfig: { headerName: contract.tagHeader },
    };
    acknowledge(this.distribution, props);
    guardDistribution(this.distribution, {
      contract,
      tagger,
      authorizer,
      publicPaths,
      signedPaths: Object.keys(props.signedPaths ?? {}),
      plainHttpOrigin: props.api.protocol === "http",
      errorCachingTtl: props.errorCachingTtl,
    });
  }
}

/** What of the distribution does not depend on the contract. */
function siteOf(props: TenantCacheDistributionProps): Omit<DistributionProps, "defaultBehavior"> {
  return {
    defaultRootObject: props.staticSite ? "index.html" : undefined,
    domainNames: props.domainNames ? [...props.domainNames] : undefined,
    certificate: props.certificate,
    // Without a certificate of its own a distribution has CloudFront's, and that one's TLS minimum.
    minimumProtocolVersion: props.certificate ? SecurityPolicyProtocol.TLS_V1_2_2021 : undefined,
    httpVersion: HttpVersion.HTTP2_AND_3,
    webAclId: props.webAclArn,
    enableLogging: props.accessLogs !== undefined,
    logBucket: props.accessLogs,
    logFilePrefix: props.accessLogs ? "cloudfront/" : undefined,
    errorResponses: [500, 502, 503, 504].map((httpStatus) => ({
      httpStatus,
      ttl: props.errorCachingTtl ?? Duration.seconds(10),
    })),
  };
}

function staticBehavior(bucket: IBucket): BehaviorOptions {
  return {
    origin: staticOrigin(bucket),
    cachePolicy: CachePolicy.CACHING_OPTIMIZED,
    responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
    viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
    compress: true,
  };
}

/** Where the distribution breaks a rule of AWS Solutions on purpose. */
function acknowledge(distribution: Distribution, props: TenantCacheDistributionProps): void {
  const reasons: [rule: string, holds: boolean, reason: string][] = [
    ["CFR1", true, "Where a tenant's people are is the tenant's affair"],
    ["CFR2", !props.webAclArn, "A web ACL is the operator's choice: webAclArn"],
    ["CFR3", !props.accessLogs, "The operator has switched access logs off"],
    [
      "CFR4",
      !props.certificate,
      "CloudFront's own certificate fixes the TLS minimum; with a certificate it is TLS 1.2",
    ],
    ["CFR5", props.api.protocol === "http", "The operator's API is reached by plain HTTP: apiProtocol"],
  ];
  for (const [rule, holds, reason] of reasons) {
    if (holds) Validations.of(distribution).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
  }
  if (props.lastKnownGood) {
    Annotations.of(distribution).acknowledgeWarning(
      "@aws-cdk/aws-cloudfront-origins:listBucketSecurityRisk",
      "The bucket that may be listed answers on the contract's paths only, and never for the path / of a listing",
    );
  }
}
