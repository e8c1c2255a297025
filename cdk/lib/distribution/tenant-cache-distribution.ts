/**
 * A distribution in front of a slow, multi-tenant API, made from the contract: cached tenant responses are tagged,
 * keyed by their tenant, and served to people of that tenant only. The guards check what comes out.
 */
import { Duration, Validations } from "aws-cdk-lib";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  type CfnDistribution,
  Distribution,
  HttpVersion,
  type IOrigin,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  type ResponseHeadersCorsBehavior,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { Contract } from "../contract/contract.ts";
import { pathOf } from "../contract/path-patterns.ts";
import { duration } from "../duration.ts";
import type { EdgeFunction } from "../edge/edge-function.ts";
import { type ApiOriginProps, apiOrigin, staticOrigin, withLastKnownGood } from "./api-origin.ts";
import { guardDistribution } from "./distribution-guards.ts";

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
   * Bucket with the front end, served for every path that is not the API's.
   * @default every other path goes to the API, uncached and authorised
   */
  readonly staticSite?: IBucket;
  /**
   * Bucket that answers where the API answers 500, 502, 503 or 504. Its objects are the same for every tenant.
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
  readonly cors?: { readonly origins: readonly string[]; readonly withCookies: boolean };
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
  private readonly props: TenantCacheDistributionProps;

  constructor(scope: Construct, id: string, props: TenantCacheDistributionProps) {
    super(scope, id);
    this.props = props;
    const { contract } = props;
    const api = apiOrigin(props.api, contract);
    const cached = props.lastKnownGood ? withLastKnownGood(api, props.lastKnownGood) : api;
    const hidden = this.hideTags();
    const forward = this.forwardToApi();

    const behaviors: Record<string, BehaviorOptions> = {};
    const uncached = { ...this.uncached(api, hidden), originRequestPolicy: this.forwardUncached() };
    if (contract.probe)
      behaviors[pathOf(contract.probe.path)] = { ...uncached, edgeLambdas: [edge(props.authorizer)] };
    if (props.publicPaths?.length) {
      const anonymous = { ...uncached, originRequestPolicy: this.forwardAnonymous() };
      for (const pattern of props.publicPaths) behaviors[pattern] = anonymous;
    }
    contract.paths.forEach((path, index) => {
      behaviors[path.pattern] = {
        origin: cached,
        cachePolicy: this.keyOf(path, index),
        originRequestPolicy: forward,
        responseHeadersPolicy: hidden,
        // Writes share the path and pass through; CloudFront caches answers to GET and HEAD only.
        allowedMethods: AllowedMethods.ALLOW_ALL,
        // Not a redirect: the token would have been sent in the clear before it.
        viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
        compress: contract.cacheKey.encodings.length > 0,
        edgeLambdas: [edge(props.authorizer), edge(props.tagger)],
      };
    });

    this.distribution = new Distribution(this, "Distribution", {
      comment: props.comment ?? this.node.path,
      defaultBehavior: props.staticSite
        ? {
            origin: staticOrigin(props.staticSite),
            cachePolicy: CachePolicy.CACHING_OPTIMIZED,
            responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
            viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            compress: true,
          }
        : { ...uncached, edgeLambdas: [edge(props.authorizer)] },
      additionalBehaviors: behaviors,
      ...(props.staticSite ? { defaultRootObject: "index.html" } : {}),
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
    });
    // The L2 construct has no property for it yet (aws/aws-cdk#37821).
    const resource = this.distribution.node.defaultChild as CfnDistribution;
    resource.distributionConfig = {
      ...(resource.distributionConfig as CfnDistribution.DistributionConfigProperty),
      cacheTagConfig: { headerName: contract.tagHeader },
    };

    this.acknowledge();
    guardDistribution(this.distribution, {
      contract,
      tagger: props.tagger,
      authorizer: props.authorizer,
      publicPaths: props.publicPaths ?? [],
    });
  }

  private acknowledge(): void {
    const acknowledge = (rule: string, reason: string) =>
      Validations.of(this.distribution).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
    acknowledge("CFR1", "Where a tenant's people are is the tenant's affair");
    if (!this.props.webAclArn) acknowledge("CFR2", "A web ACL is the operator's choice: webAclArn");
    if (!this.props.accessLogs) acknowledge("CFR3", "The operator has switched access logs off");
    if (!this.props.certificate) {
      acknowledge(
        "CFR4",
        "CloudFront's own certificate fixes the TLS minimum; with a certificate it is TLS 1.2",
      );
    }
    if (this.props.api.protocol === "http") {
      acknowledge("CFR5", "The operator's API is reached by plain HTTP: apiProtocol");
    }
  }

  /** Exactly what the contract lists, and never `Authorization`: a token in the key would be an entry per login. */
  private keyOf(path: Contract["paths"][number], index: number): CachePolicy {
    const { headers, queryNames, cookies, encodings } = this.props.contract.cacheKey;
    return new CachePolicy(this, `Key${index}`, {
      comment: `Key of ${path.pattern}`,
      // Above 0, an origin's "private" or "no-store" would be overruled.
      minTtl: Duration.seconds(0),
      defaultTtl: duration(path.defaultTtl),
      maxTtl: duration(path.maxTtl),
      headerBehavior: CacheHeaderBehavior.allowList(...headers),
      queryStringBehavior:
        queryNames.length > 0
          ? CacheQueryStringBehavior.allowList(...queryNames)
          : CacheQueryStringBehavior.none(),
      cookieBehavior:
        cookies.length > 0 ? CacheCookieBehavior.allowList(...cookies) : CacheCookieBehavior.none(),
      enableAcceptEncodingBrotli: encodings.includes("br"),
      enableAcceptEncodingGzip: encodings.includes("gzip"),
    });
  }

  /**
   * For cached paths: the token, but none of the headers that variants are made from, and no query name outside the
   * key. What the origin does not see, its answer cannot depend on.
   */
  private forwardToApi(): OriginRequestPolicy {
    return new OriginRequestPolicy(this, "ForwardToApi", {
      comment: "Cached tenant paths: no input outside the key but the token",
      // `Authorization` cannot be listed; only a policy for "all, except" forwards it.
      headerBehavior: OriginRequestHeaderBehavior.denyList(
        "host",
        ...this.props.contract.variants
          .map((variant) => variant.from)
          .filter((from) => !from.startsWith("claim:")),
      ),
      queryStringBehavior: OriginRequestQueryStringBehavior.none(),
      cookieBehavior: OriginRequestCookieBehavior.none(),
    });
  }

  private forwardUncached(): OriginRequestPolicy {
    return new OriginRequestPolicy(this, "ForwardUncached", {
      comment: "Authorised, uncached paths of the API",
      headerBehavior: OriginRequestHeaderBehavior.denyList("host"),
      queryStringBehavior: OriginRequestQueryStringBehavior.all(),
      cookieBehavior: OriginRequestCookieBehavior.all(),
    });
  }

  /** The API trusts the tenant header, and on these paths nobody has verified it. */
  private forwardAnonymous(): OriginRequestPolicy {
    return new OriginRequestPolicy(this, "ForwardAnonymous", {
      comment: "Public, uncached paths of the API: no tenant header",
      headerBehavior: OriginRequestHeaderBehavior.denyList("host", this.props.contract.tenant.header),
      queryStringBehavior: OriginRequestQueryStringBehavior.all(),
      cookieBehavior: OriginRequestCookieBehavior.all(),
    });
  }

  /** Tags name tenants and are nobody's business outside. */
  private hideTags(): ResponseHeadersPolicy {
    const { tagHeader, previousTagHeader } = this.props.contract;
    return new ResponseHeadersPolicy(this, "HideTags", {
      comment: "Keeps cache tags from viewers",
      corsBehavior: this.corsBehavior(),
      removeHeaders: previousTagHeader ? [tagHeader, previousTagHeader] : [tagHeader],
      securityHeadersBehavior: { contentTypeOptions: { override: true } },
    });
  }

  private corsBehavior(): ResponseHeadersCorsBehavior | undefined {
    const { contract, cors } = this.props;
    if (!cors || cors.origins.length === 0) return undefined;
    return {
      accessControlAllowOrigins: [...cors.origins],
      accessControlAllowCredentials: cors.withCookies,
      accessControlAllowMethods: ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
      accessControlAllowHeaders: ["authorization", "content-type", contract.tenant.header],
      originOverride: false,
    };
  }

  private uncached(origin: IOrigin, hidden: ResponseHeadersPolicy): BehaviorOptions {
    return {
      origin,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      responseHeadersPolicy: hidden,
      allowedMethods: AllowedMethods.ALLOW_ALL,
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    };
  }
}

function edge(each: EdgeFunction): {
  functionVersion: EdgeFunction["version"];
  eventType: EdgeFunction["eventType"];
} {
  return { functionVersion: each.version, eventType: each.eventType };
}
