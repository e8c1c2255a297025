//! The rules of a distribution, in words.

use super::rules;

rules! {
    DISABLED: "is not enabled", "it serves nobody", "set Enabled to true";
    STAGING: "is a staging distribution", "it serves only what a continuous deployment policy sends it, and a purge of the primary one does not reach its entries", "set Staging to false, and check the primary distribution";
    TAG_CONFIG_MISSING: "has no CacheTagConfig", "CloudFront would ignore every tag and purge nothing", "set its HeaderName to {0?}";
    TAG_CONFIG_DIFFERS: "reads tags from {0?}, and the tagger writes {1?}", "purges would hit nothing", "give CacheTagConfig the contract's tagHeader";
    TOO_MANY_BEHAVIORS: "has {0} behaviours", "CloudFront takes 75", "merge patterns";
    TOO_MANY_POLICIES: "is deployed with {0} cache policies", "an account has at most 20", "let behaviours with the same key and TTLs share a policy";

    AUTHORIZER_MISSING: "reaches a tenant's data without the viewer authorizer", "anyone is served from its cache", "associate the function with the role \"authorizer\" with viewer-request";
    TOKEN_UNVERIFIED: "forwards the viewer's Authorization header without the viewer authorizer", "the first user's answer is served to everyone", "associate the authorizer with viewer-request, or do not cache this path";
    WAY_ROUND: "reaches the API without the viewer authorizer", "\"//\" before a tenant path goes round it, since CloudFront matches the resolved path", "associate the authorizer with viewer-request, or declare the pattern public";
    TAGGER_MISSING: "caches a tenant's answers without the cache tagger", "they cannot be purged by tag", "associate the function with the role \"tagger\" with origin-response";
    VIEWER_SIDE_TWICE: "has a CloudFront Function ({0}) and a Lambda@Edge function ({1}) on its viewer side", "CloudFront refuses that", "keep the viewer authorizer, and move the other's work into it or to the origin side";

    CACHE_POLICY_UNKNOWN: "has the cache policy {0?}, which is not among what was read", "its key cannot be checked", "use a cache policy of the same template or plan, or hand its template over too";
    FORWARDING_UNKNOWN: "has the origin request policy {0?}, which is not among what was read", "what the origin sees cannot be checked", "use an origin request policy of the same template or plan";
    KEY_LACKS_TENANT: "caches answers of the tenant API without {0?} in its cache key", "one tenant's answer is served to others", "add {0?} to the cache policy's headers (cacheKey.headers of the contract), or do not cache it";
    KEY_LACKS_HEADER: "lacks the header {0?} in its cache key", "answers that differ by it share one entry", "add it to the cache policy's headers (cacheKey.headers of the contract)";
    KEY_LACKS_QUERY: "lacks the query name {0?} in its cache key", "answers that differ by it share one entry", "add it to the cache policy's query strings (cacheKey.queryNames of the contract)";
    KEY_LACKS_COOKIE: "lacks the cookie {0?} in its cache key", "answers that differ by it share one entry", "add it to the cache policy's cookies (cacheKey.cookies of the contract)";
    KEY_HAS_AUTHORIZATION: "has Authorization in its cache key", "every login is an entry of its own, and prewarming helps nobody", "take it out: the viewer authorizer checks it";
    KEY_HAS_MORE: "has {0} {1?} in its cache key, and the contract does not", "the prewarmer would fill entries that people do not read", "take it out of the cache policy, or add it to cacheKey of the contract";
    KEY_ENCODINGS: "keys by the encodings {0?}, and the contract by {1?}", "entries other than those that people read would be warm", "set EnableAcceptEncodingBrotli and EnableAcceptEncodingGzip of the cache policy by cacheKey.encodings";
    NOT_COMPRESSED: "does not compress, although cacheKey.encodings names some", "people get, and wait for, whole bodies", "set Compress to true";
    MIN_TTL: "has a minimum TTL of {0} s", "it overrules an origin that says private or no-store", "set it to 0";
    TTL_DIFFERS: "has the default and maximum TTL {0} and {1} s, and the contract {2} and {3} s", "answers are kept for another time than the contract says", "give the cache policy the contract's defaultTtl and maxTtl";
    OPTIONS_CACHED: "caches answers to OPTIONS", "a preflight's answer for one origin is served to others", "list GET and HEAD in CachedMethods";

    QUERY_FORWARDED: "forwards query names that are not in its cache key ({0})", "anyone could store an answer to them for everybody", "forward no query strings beside the key";
    COOKIES_FORWARDED: "forwards cookies that are not in its cache key ({0})", "one user's answer could be stored for everybody", "forward no cookies beside the key";
    HEADER_FORWARDED: "forwards {0?}, which is not in its cache key", "{1}", "except it in the origin request policy";
    TOKEN_NOT_FORWARDED: "does not forward Authorization", "the API refuses every request, or answers without knowing who asks", "use an origin request policy for all headers except host (CloudFront takes Authorization into no list)";
    TENANT_NOT_FORWARDED: "does not forward {0?} to the API", "it does not learn which tenant is meant", "forward it in the origin request policy";
    QUERY_NOT_FORWARDED: "does not forward the query name {0?}, which the probe has", "the API does not see it", "forward it in the origin request policy";
    PUBLIC_TENANT_HEADER: "is public and forwards {0?}", "the API trusts that header, and nobody has verified it there", "except it in the origin request policy";

    TAG_VISIBLE: "lets viewers see {0?}", "it names tenants", "remove it in the response headers policy (RemoveHeadersConfig)";
    HEADER_HIDDEN: "removes {0?} from responses", "the prewarmer can no longer prove anything by it", "take it out of the response headers policy";
    HEADER_OVERWRITTEN: "writes {0?} over the origin's", "every answer would seem to be of that version, or of that tenant", "take it out of the response headers policy";
    PLAIN_VIEWERS: "takes requests by plain HTTP", "tokens and answers travel in the clear", "set ViewerProtocolPolicy to https-only";
    PLAIN_ORIGIN: "reaches the API {0?} by plain HTTP", "tokens and answers travel in the clear", "set OriginProtocolPolicy to https-only, or say that plain HTTP is meant";
    ERROR_PAGE: "turns {0} into {1}", "refusals and failures look like something else, to people and to the prewarmer", "drop ResponseCode and ResponsePagePath of {0}; serve a front end's routes by a function at viewer-request";
    BROWSERS_TOLD: "writes or removes {0?}", "browsers would keep answers for a time that the origin did not say, and no purge reaches a browser", "take it out of the response headers policy, and let the origin say it";
    ERROR_KEPT: "caches {0} for {1} s, and the prewarmer reckons with {2} s", "a refresh would read an error from before, since its entry may have no tag that a purge names", "set ErrorCachingMinTTL of {0} to {2} or less, or leave it out";
    ERROR_TTL: "caches {0} for {1} s, and the prewarmer reckons with {2} s", "it would read the cached error again, or wait for nothing", "set ErrorCachingMinTTL of {0} to {2}, or the pipeline's error caching TTL to {1}s";
    FAILOVER_CODE: "fails over on {0}", "that is the API's answer, and would be replaced by another's", "fail over on 500, 502, 503 and 504 only";
    FAILOVER_METHODS: "has an origin group and takes {0}", "CloudFront refuses an origin group on a behaviour that takes more than GET, HEAD and OPTIONS", "let it take GET, HEAD and OPTIONS, or drop the origin group";
    FAILOVER_BUCKET: "fails over to a bucket that CloudFront may not list", "a missing object turns the API's 503 into a 403", "allow s3:ListBucket in the bucket's policy";
    METHODS: "takes {0} only", "browsers could not read the answers", "let it take GET and HEAD at least";
    SIGNED: "takes signed URLs or cookies only", "the prewarmer's requests are refused", "declare the pattern as signed, or drop the key groups";
    CUSTOM_HEADER: "writes {0?} over the viewer's", "the API would get the same tenant, variant or token from everybody", "give the origin's custom header another name";

    BEHAVIOR_SHADOWED: "stands behind {0}, which matches everything that it does", "it is never used", "put the narrower pattern first";
    PATH_UNSERVED: "{0?} has no behaviour that caches it", "what it promises is not cached", "add a behaviour with this pattern, or take it out of paths";
    ENDPOINT_DEFAULT: "{0?} is matched by no behaviour but the default one", "it is not served as the contract says", "add a pattern for it to the contract's paths, or correct its path";
    ENDPOINT_UNCACHED: "{0?} is served by {1}, which does not cache", "prewarming it helps nobody", "give that behaviour a TTL, or drop the endpoint";
    ENDPOINT_ELSEWHERE: "{0?} is served by {1}, which is not one of the contract's paths", "its key and TTLs are not the contract's", "add the pattern to the contract's paths, or move the behaviour behind them";
    ENDPOINT_PUBLIC: "{0?} is served by the public {1}", "a tenant's data would be reached without a token", "make the public pattern narrower";
    ENDPOINT_BUCKET: "{0?} is served by {1}, whose origin is a bucket", "a bucket knows no tenants", "let the API be its origin";
    READ_TIMEOUT: "may take {0} s, and the read timeout of {1} is {2} s", "CloudFront answers 504 before", "raise the origin's read timeout, or lower the contract's timeout";
    COMPLETION_TIMEOUT: "may take {0} s, and {1} has to be complete after {2} s", "CloudFront breaks off before", "raise the origin's ResponseCompletionTimeout, or lower the contract's timeout";
    PROBE_CACHED: "{0?} is served by {1}, which caches", "it would answer with an old version", "put a behaviour for the probe without caching before it";

    EDGE_MEMORY: "has {0} MB at {1}", "Lambda@Edge takes {2} MB there, and refuses to deploy", "set the function's memory to {2}";
    EDGE_TIMEOUT: "has a timeout of {0} s at {1}", "Lambda@Edge takes {2} s there, and refuses to deploy", "set the function's timeout to {2} s or less";
    EDGE_UNSUPPORTED: "has {0} ({1})", "Lambda@Edge does not have it, and refuses to deploy", "take it away, also where an aspect or a global setting adds it";
    EDGE_UNPUBLISHED: "is named by {0?}", "Lambda@Edge runs published versions only, neither $LATEST nor an alias", "name a version of it";
    EDGE_ARCHITECTURE: "is built for {0}", "Lambda@Edge runs x86_64 only", "set its architecture to x86_64";
    EDGE_RUNTIME: "has the runtime {0}", "Lambda@Edge runs Node.js and Python only", "set one of these";
}
