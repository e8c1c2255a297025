//! Policies that AWS manages, by their ids.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>,
//! `using-managed-origin-request-policies.html` and `using-managed-response-headers-policies.html`. Amplify Hosting's
//! own cache policies are left out: the guide does not tell their settings.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::model::{
    CachePolicy, CorsConfig, HeaderForwarding, OriginRequestPolicy, ResponseHeadersPolicy,
    Selection,
};

const DAY: u64 = 86_400;
const YEAR: u64 = 31_536_000;

fn listed(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

pub(super) fn cache_policy(id: &str) -> Option<CachePolicy> {
    let policy = |name: &str, min: u64, default: u64, max: u64| CachePolicy {
        name: name.to_owned(),
        min_ttl: Duration::from_secs(min),
        default_ttl: Duration::from_secs(default),
        max_ttl: Duration::from_secs(max),
        ..CachePolicy::default()
    };
    let by_origin = |name: &str, queries| CachePolicy {
        headers: listed(&[
            "host",
            "origin",
            "x-http-method",
            "x-http-method-override",
            "x-method-override",
        ]),
        cookies: Selection::All,
        queries,
        gzip: true,
        brotli: true,
        ..policy(name, 0, 0, YEAR)
    };
    Some(match id {
        "2e54312d-136d-493c-8eb9-b001f22f67d2" => CachePolicy {
            headers: listed(&["authorization", "cloudfront-viewer-country", "host"]),
            cookies: Selection::All,
            queries: Selection::All,
            gzip: true,
            brotli: true,
            ..policy("Managed-Amplify", 2, 2, 600)
        },
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" => policy("Managed-CachingDisabled", 0, 0, 0),
        "658327ea-f89d-4fab-a63d-7e88639e58f6" => CachePolicy {
            gzip: true,
            brotli: true,
            ..policy("Managed-CachingOptimized", 1, DAY, YEAR)
        },
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d" => policy(
            "Managed-CachingOptimizedForUncompressedObjects",
            1,
            DAY,
            YEAR,
        ),
        "08627262-05a9-4f76-9ded-b50ca2e3a84f" => CachePolicy {
            headers: listed(&["origin"]),
            queries: Selection::Only(listed(&["aws.manifestfilter", "end", "m", "start"])),
            gzip: true,
            ..policy("Managed-Elemental-MediaPackage", 0, DAY, YEAR)
        },
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65" => {
            by_origin("UseOriginCacheControlHeaders", Selection::None)
        }
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe" => {
            by_origin("UseOriginCacheControlHeaders-QueryStrings", Selection::All)
        }
        _ => return None,
    })
}

/// What `AllViewerAndCloudFrontHeaders-2022-06` adds: the headers that there were in June 2022.
const HEADERS_OF_2022: [&str; 21] = [
    "cloudfront-forwarded-proto",
    "cloudfront-is-android-viewer",
    "cloudfront-is-desktop-viewer",
    "cloudfront-is-ios-viewer",
    "cloudfront-is-mobile-viewer",
    "cloudfront-is-smarttv-viewer",
    "cloudfront-is-tablet-viewer",
    "cloudfront-viewer-address",
    "cloudfront-viewer-asn",
    "cloudfront-viewer-city",
    "cloudfront-viewer-country",
    "cloudfront-viewer-country-name",
    "cloudfront-viewer-country-region",
    "cloudfront-viewer-country-region-name",
    "cloudfront-viewer-http-version",
    "cloudfront-viewer-latitude",
    "cloudfront-viewer-longitude",
    "cloudfront-viewer-metro-code",
    "cloudfront-viewer-postal-code",
    "cloudfront-viewer-time-zone",
    "cloudfront-viewer-tls",
];

const CORS_REQUEST: [&str; 3] = [
    "access-control-request-headers",
    "access-control-request-method",
    "origin",
];

pub(super) fn origin_request_policy(id: &str) -> Option<OriginRequestPolicy> {
    let everything = |headers| OriginRequestPolicy {
        headers,
        queries: Selection::All,
        cookies: Selection::All,
        spares_s3: true,
    };
    let only = |names: &[&str]| OriginRequestPolicy {
        headers: HeaderForwarding::Only(listed(names)),
        ..OriginRequestPolicy::default()
    };
    Some(match id {
        // AllViewer
        "216adef6-5c7f-47e4-b989-5492eafa07d3" => {
            everything(HeaderForwarding::AllViewer { added: Vec::new() })
        }
        // AllViewerAndCloudFrontHeaders-2022-06
        "33f36d7e-f396-46d9-90e0-52428a34d9dc" => everything(HeaderForwarding::AllViewer {
            added: listed(&HEADERS_OF_2022),
        }),
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => {
            everything(HeaderForwarding::AllExcept(listed(&["host"])))
        }
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => only(&["origin"]),
        // CORS-S3Origin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" => only(&CORS_REQUEST),
        // Elemental-MediaTailor-PersonalizedManifests
        "775133bc-15f2-49f9-abea-afb2e0bf67d2" => OriginRequestPolicy {
            queries: Selection::All,
            spares_s3: true,
            ..only(&[&CORS_REQUEST[..], &["user-agent", "x-forwarded-for"]].concat())
        },
        // HostHeaderOnly
        "bf0718e1-ba1e-49d1-88b1-f726733018ae" => only(&["host"]),
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => only(&["user-agent", "referer"]),
        _ => return None,
    })
}

/// Headers of `SecurityHeadersPolicy`, and whether each replaces what the origin sent.
const SECURITY: [(&str, &str, bool); 5] = [
    ("referrer-policy", "strict-origin-when-cross-origin", false),
    ("strict-transport-security", "max-age=31536000", false),
    ("x-content-type-options", "nosniff", true),
    ("x-frame-options", "SAMEORIGIN", false),
    ("x-xss-protection", "1; mode=block", false),
];

/// Methods that the policies with preflight name.
const PREFLIGHT_METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

pub(super) fn response_headers_policy(id: &str) -> Option<ResponseHeadersPolicy> {
    let simple = || CorsConfig {
        allow_origins: listed(&["*"]),
        ..CorsConfig::default()
    };
    let with_preflight = || CorsConfig {
        allow_methods: listed(&PREFLIGHT_METHODS),
        expose_headers: listed(&["*"]),
        ..simple()
    };
    let (cors, is_secure) = match id {
        // SimpleCORS
        "60669652-455b-4ae9-85a4-c4c02393f86c" => (Some(simple()), false),
        // CORS-With-Preflight
        "5cc3b908-e619-4b99-88e5-2cf7f45965bd" => (Some(with_preflight()), false),
        // SecurityHeadersPolicy
        "67f7725c-6f97-4210-82d7-5512b31e9d03" => (None, true),
        // CORS-and-SecurityHeadersPolicy
        "e61eb60c-9c35-4d20-a928-2b84e02af89c" => (Some(simple()), true),
        // CORS-with-preflight-and-SecurityHeadersPolicy
        "eaab4381-ed33-4a86-88ca-d9558dc6cd63" => (Some(with_preflight()), true),
        _ => return None,
    };
    let headers = SECURITY.iter().filter(|_| is_secure);
    let set = headers.map(|(name, value, overrides)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
            *overrides,
        )
    });
    Some(ResponseHeadersPolicy {
        set: set.collect(),
        cors,
        ..ResponseHeadersPolicy::default()
    })
}
