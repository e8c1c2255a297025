//! Policies that AWS manages, by their ids.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html>

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::model::{
    CachePolicy, HeaderForwarding, OriginRequestPolicy, ResponseHeadersPolicy, Selection,
};

const DAY: u64 = 86_400;
const YEAR: u64 = 31_536_000;

pub(super) fn cache_policy(id: &str) -> Option<CachePolicy> {
    let policy = |name: &str, min: u64, default: u64, max: u64| CachePolicy {
        name: name.to_owned(),
        min_ttl: Duration::from_secs(min),
        default_ttl: Duration::from_secs(default),
        max_ttl: Duration::from_secs(max),
        ..CachePolicy::default()
    };
    let origin_headers = [
        "host",
        "origin",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
    ];
    Some(match id {
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
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" => policy("Managed-CachingDisabled", 0, 0, 0),
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65" => CachePolicy {
            headers: origin_headers.map(str::to_owned).to_vec(),
            cookies: Selection::All,
            gzip: true,
            brotli: true,
            ..policy("UseOriginCacheControlHeaders", 0, 0, YEAR)
        },
        "4cc15a8a-d715-48a4-82b8-cc0b614638fe" => CachePolicy {
            headers: origin_headers.map(str::to_owned).to_vec(),
            cookies: Selection::All,
            queries: Selection::All,
            gzip: true,
            brotli: true,
            ..policy("UseOriginCacheControlHeaders-QueryStrings", 0, 0, YEAR)
        },
        _ => return None,
    })
}

pub(super) fn origin_request_policy(id: &str) -> Option<OriginRequestPolicy> {
    let only = |names: &[&str]| {
        HeaderForwarding::Only(names.iter().map(|&name| name.to_owned()).collect())
    };
    let everything = |headers| OriginRequestPolicy {
        headers,
        queries: Selection::All,
        cookies: Selection::All,
    };
    Some(match id {
        // AllViewer
        "216adef6-5c7f-47e4-b989-5492eafa07d3" => {
            everything(HeaderForwarding::AllViewer { added: Vec::new() })
        }
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => {
            everything(HeaderForwarding::AllExcept(vec!["host".to_owned()]))
        }
        // AllViewerAndCloudFrontHeaders-2022-06
        "33f36d7e-f396-46d9-90e0-52428a34d9dc" => everything(HeaderForwarding::AllViewer {
            added: vec!["cloudfront-viewer-address".to_owned()],
        }),
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => OriginRequestPolicy {
            headers: only(&["origin"]),
            ..OriginRequestPolicy::default()
        },
        // CORS-S3Origin
        "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf" => OriginRequestPolicy {
            headers: only(&[
                "origin",
                "access-control-request-headers",
                "access-control-request-method",
            ]),
            ..OriginRequestPolicy::default()
        },
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => OriginRequestPolicy {
            headers: only(&["user-agent", "referer"]),
            ..OriginRequestPolicy::default()
        },
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
const SIMPLE_CORS: [(&str, &str, bool); 1] = [("access-control-allow-origin", "*", false)];

pub(super) fn response_headers_policy(id: &str) -> Option<ResponseHeadersPolicy> {
    let parts: &[&[(&'static str, &'static str, bool)]] = match id {
        "67f7725c-6f97-4210-82d7-5512b31e9d03" => &[&SECURITY],
        "60669652-455b-4ae9-85a4-c4c02393f86c" => &[&SIMPLE_CORS],
        "e61eb60c-9c35-4d20-a928-2b84e02af89c" => &[&SECURITY, &SIMPLE_CORS],
        _ => return None,
    };
    let headers = parts.iter().copied().flatten();
    let set = headers.map(|(name, value, overrides)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
            *overrides,
        )
    });
    Some(ResponseHeadersPolicy {
        set: set.collect(),
        ..ResponseHeadersPolicy::default()
    })
}
