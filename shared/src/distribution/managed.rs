//! What AWS's own policies say, by id (Developer Guide, "Use managed cache policies" and "Use
//! managed origin request policies").

use super::{CacheKey, Forwarding, Names};

const YEAR: u64 = 365 * 86_400;

/// The cache policy with this id, if it is one of AWS's that is known here.
#[must_use]
pub fn managed_cache_policy(id: &str) -> Option<CacheKey> {
    let caching = |encodings: &[&str]| CacheKey {
        encodings: encodings.iter().map(|&each| each.to_owned()).collect(),
        min_ttl: 1,
        default_ttl: 86_400,
        max_ttl: YEAR,
        ..CacheKey::default()
    };
    match id {
        // CachingDisabled
        "4135ea2d-6df8-44a3-9df3-4b5a84be39ad" => Some(CacheKey::default()),
        // CachingOptimized
        "658327ea-f89d-4fab-a63d-7e88639e58f6" => Some(caching(&["br", "gzip"])),
        // CachingOptimizedForUncompressedObjects
        "b2884449-e4de-46a7-ac36-70bc7f1ddd6d" => Some(caching(&[])),
        // UseOriginCacheControlHeaders, and the same with query strings
        "83da9c7e-98b4-4e11-a168-04f0df8e2c65" | "4cc15a8a-d715-48a4-82b8-cc0b614638fe" => {
            let names = [
                "host",
                "origin",
                "x-http-method",
                "x-http-method-override",
                "x-method-override",
            ];
            let with_query = id.starts_with('4');
            Some(CacheKey {
                headers: Names::Only(names.map(str::to_owned).to_vec()),
                query_names: if with_query { Names::All } else { Names::None },
                cookies: Names::All,
                min_ttl: 0,
                default_ttl: 0,
                ..caching(&["br", "gzip"])
            })
        }
        _ => None,
    }
}

/// The origin request policy with this id, if it is one of AWS's that is known here.
#[must_use]
pub fn managed_origin_request_policy(id: &str) -> Option<Forwarding> {
    let viewer = |headers| Forwarding {
        headers,
        query_names: Names::All,
        cookies: Names::All,
    };
    match id {
        // AllViewer, AllViewerAndCloudFrontHeaders-2022-06
        "216adef6-5c7f-47e4-b989-5492eafa07d3" | "33f36d7e-f396-46d9-90e0-52428a34d9dc" => {
            Some(viewer(Names::All))
        }
        // AllViewerExceptHostHeader
        "b689b0a8-53d0-40ab-baf2-68738e2966ac" => {
            Some(viewer(Names::AllBut(vec!["host".to_owned()])))
        }
        // CORS-CustomOrigin
        "59781a5b-3903-41f3-afcb-af62929ccde1" => Some(Forwarding {
            headers: Names::Only(vec!["origin".to_owned()]),
            ..Forwarding::default()
        }),
        // UserAgentRefererHeaders
        "acba4595-bd28-49b8-b9fe-13317c0390fa" => Some(Forwarding {
            headers: Names::Only(vec!["referer".to_owned(), "user-agent".to_owned()]),
            ..Forwarding::default()
        }),
        _ => None,
    }
}
