/**
 * The policies of the distribution: what is in the key, what the API is sent beside it, what viewers get to see.
 */
import { Duration } from "aws-cdk-lib";
import {
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  type ResponseHeadersCorsBehavior,
  ResponseHeadersPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { Contract, TenantPath } from "../contract/contract.ts";
import { duration } from "../duration.ts";

/** Front ends on other origins. */
export interface CrossOrigin {
  /** Their origins, such as `https://app.example.com`. */
  readonly origins: readonly string[];
  /** Whether their requests carry cookies. */
  readonly withCookies: boolean;
}

/** The policies that follow from a contract, made in `scope` as they are asked for. */
export class TenantPolicies {
  private readonly scope: Construct;
  private readonly contract: Contract;
  private readonly cors: CrossOrigin | undefined;

  constructor(scope: Construct, contract: Contract, cors?: CrossOrigin) {
    this.scope = scope;
    this.contract = contract;
    this.cors = cors;
  }

  /**
   * Exactly what the contract lists, and never `Authorization`: a token in the key would be an entry per login.
   * Paths of equal TTLs share a policy, since an account has 20.
   */
  keyOf({ defaultTtl, maxTtl }: TenantPath): CachePolicy {
    const { headers, queryNames, cookies, encodings } = this.contract.cacheKey;
    return this.once(`Key-${defaultTtl}-${maxTtl}`, (id) => {
      return new CachePolicy(this.scope, id, {
        comment: `Tenant paths, kept for ${defaultTtl}, at most ${maxTtl}`,
        // Above 0, an origin's "private" or "no-store" would be overruled.
        minTtl: Duration.seconds(0),
        defaultTtl: duration(defaultTtl),
        maxTtl: duration(maxTtl),
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
    });
  }

  /**
   * For cached paths: the token, but none of the headers that variants are made from, and no query name outside the
   * key. What the origin does not see, its answer cannot depend on.
   */
  forwardToApi(): OriginRequestPolicy {
    return this.once("ForwardToApi", (id) => {
      return new OriginRequestPolicy(this.scope, id, {
        comment: "Cached tenant paths: no input outside the key but the token",
        // `Authorization` cannot be listed; only a policy for "all, except" forwards it.
        headerBehavior: OriginRequestHeaderBehavior.denyList(
          "host",
          ...this.contract.variants
            .map((variant) => variant.from)
            .filter((from) => !from.startsWith("claim:")),
        ),
        queryStringBehavior: OriginRequestQueryStringBehavior.none(),
        cookieBehavior: OriginRequestCookieBehavior.none(),
      });
    });
  }

  /** For authorised paths that are not cached. */
  forwardUncached(): OriginRequestPolicy {
    return this.forwardAll("ForwardUncached", "Authorised, uncached paths of the API", "host");
  }

  /** For public paths: the API trusts the headers that are made from tokens, and here nobody has verified one. */
  forwardAnonymous(): OriginRequestPolicy {
    const { tenant, variants } = this.contract;
    const ofClaims = variants.filter(({ from }) => from.startsWith("claim:")).map(({ header }) => header);
    const comment = "Public, uncached paths of the API: no header that a token decides";
    return this.forwardAll("ForwardAnonymous", comment, "host", tenant.header, ...ofClaims);
  }

  /** Tags name tenants and are nobody's business outside. */
  hideTags(): ResponseHeadersPolicy {
    const { tagHeader, previousTagHeader } = this.contract;
    return this.once("HideTags", (id) => {
      return new ResponseHeadersPolicy(this.scope, id, {
        comment: "Keeps cache tags from viewers",
        corsBehavior: this.corsBehavior(),
        removeHeaders: previousTagHeader ? [tagHeader, previousTagHeader] : [tagHeader],
        securityHeadersBehavior: { contentTypeOptions: { override: true } },
      });
    });
  }

  private corsBehavior(): ResponseHeadersCorsBehavior | undefined {
    if (!this.cors || this.cors.origins.length === 0) return undefined;
    return {
      accessControlAllowOrigins: [...this.cors.origins],
      accessControlAllowCredentials: this.cors.withCookies,
      accessControlAllowMethods: ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"],
      accessControlAllowHeaders: ["authorization", "content-type", this.contract.tenant.header],
      originOverride: false,
    };
  }

  private forwardAll(id: string, comment: string, ...but: string[]): OriginRequestPolicy {
    return this.once(id, () => {
      return new OriginRequestPolicy(this.scope, id, {
        comment,
        headerBehavior: OriginRequestHeaderBehavior.denyList(...but),
        queryStringBehavior: OriginRequestQueryStringBehavior.all(),
        cookieBehavior: OriginRequestCookieBehavior.all(),
      });
    });
  }

  private once<T extends Construct>(id: string, make: (id: string) => T): T {
    return (this.scope.node.tryFindChild(id) as T | undefined) ?? make(id);
  }
}
