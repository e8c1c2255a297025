//! Cached paths, their scopes, and the paths of a migration.

use serde_json::json;

use super::Mistake;

pub(super) fn mistakes() -> Vec<Mistake> {
    vec![
        ("scope-name", "/scopes/Cost Centre", json!(["/api/cost*"])),
        ("scope-empty", "/scopes/cost", json!([])),
        ("scope-outside-paths", "/scopes/cost/0", json!("/billing/*")),
        (
            "scope-without-endpoint",
            "/scopes/lonely",
            json!(["/api/lonely*"]),
        ),
        ("pattern-start", "/paths/0/pattern", json!("api/*")),
        (
            "pattern-characters",
            "/paths/0/pattern",
            json!("/api/{tenant}/*"),
        ),
        ("pattern-characters", "/paths/0/pattern", json!("/api/#*")),
        ("pattern-characters", "/paths/0/pattern", json!("/api/é*")),
        ("pattern-characters", "/scopes/cost/0", json!("/api/co st*")),
        (
            "pattern-characters",
            "/scopes/cost/0",
            json!("/api/cost?window=30d"),
        ),
        ("pattern-never", "/paths/0/pattern", json!("/api//*")),
        ("pattern-never", "/paths/0/pattern", json!("/api/../*")),
        (
            "pattern-too-long",
            "/paths/0/pattern",
            json!(format!("/{}*", "a".repeat(255))),
        ),
        (
            "pattern-twice",
            "/paths/1",
            json!({"pattern": "/api/*", "defaultTtl": "1d", "maxTtl": "7d"}),
        ),
        ("pattern-twice", "/scopes/cost/2", json!("/api/cost*")),
        (
            "pattern-shadowed",
            "/paths/1",
            json!({"pattern": "/api/cost*", "defaultTtl": "1d", "maxTtl": "7d"}),
        ),
        ("no-paths", "/paths", json!([])),
        ("ttl-order", "/paths/0/defaultTtl", json!("8d")),
        ("ttl-too-long", "/paths/0/maxTtl", json!("366d")),
        ("not-cached", "/paths/0/pattern", json!("/app/*")),
        (
            "migration-every-tenant",
            "/migration/paths",
            json!(["/api/*"]),
        ),
        (
            "migration-neighbour",
            "/migration/paths",
            json!(["/api/x?organization={tenant}*"]),
        ),
        (
            "migration-neighbour",
            "/migration/paths",
            json!(["/api/{tenant}-eu*"]),
        ),
        (
            "migration-wildcard",
            "/migration/paths",
            json!(["/api/*/x?organization={tenant}"]),
        ),
        (
            "migration-outside-paths",
            "/migration/paths",
            json!(["/app/{tenant}/*"]),
        ),
        (
            "migration-twice",
            "/migration/paths",
            json!(["/api/{tenant}/*", "/api/{tenant}/*"]),
        ),
        (
            "too-many-wildcards",
            "/migration/paths",
            (0..16)
                .map(|i| json!(format!("/api/{i}/{{tenant}}/*")))
                .collect(),
        ),
    ]
}
