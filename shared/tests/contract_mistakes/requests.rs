//! Endpoints and the probe.

use serde_json::json;

use super::Mistake;

pub(super) fn mistakes() -> Vec<Mistake> {
    let endpoint = |path: &str| json!({"path": path, "timeout": "10s"});
    vec![
        ("no-endpoints", "/endpoints", json!([])),
        (
            "endpoint-twice",
            "/endpoints/5",
            endpoint("/api/overview?organization={tenant}"),
        ),
        (
            "endpoint-alike",
            "/endpoints/5",
            endpoint("/api/cost/trend?window=90d&organization={tenant}"),
        ),
        (
            "endpoint-alike",
            "/endpoints/5",
            endpoint("/api/overview?Organization={tenant}"),
        ),
        (
            "tenant-in-path",
            "/endpoints/0/path",
            json!("/api/{tenant}/overview"),
        ),
        (
            "tenant-in-path",
            "/endpoints/0/path",
            json!("/api/overview;organization={tenant}"),
        ),
        ("path-characters", "/endpoints/0/path", json!("/api/a b")),
        ("path-characters", "/endpoints/0/path", json!("/api/ü")),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api//overview"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("//evil.example/{tenant}"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("https://evil.example/"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/../admin"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/%2E%2e/admin"),
        ),
        ("path-characters", "/endpoints/0/path", json!("/api/%63ost")),
        ("path-characters", "/endpoints/0/path", json!("/api/%zz")),
        ("path-characters", "/endpoints/0/path", json!("/api/%0a")),
        ("path-characters", "/endpoints/0/path", json!("/api/{user}")),
        ("path-characters", "/endpoints/0/path", json!("/api/x#y")),
        ("path-characters", "/endpoints/0/path", json!("/api/x?")),
        (
            "path-characters",
            "/endpoints/0/path",
            json!("/api/x?window='30d'"),
        ),
        (
            "path-characters",
            "/endpoints/0/path",
            json!(format!("/api/{}", "a".repeat(8_192))),
        ),
        ("path-characters", "/probe/path", json!("/api/version#x")),
        (
            "fixed-tenant",
            "/endpoints/0/path",
            json!("/api/overview?organization=acme"),
        ),
        (
            "fixed-tenant",
            "/probe/path",
            json!("/api/version?organization=acme"),
        ),
        (
            "tenant-unchecked",
            "/endpoints/0/path",
            json!("/api/overview?window={tenant}"),
        ),
        ("request-wildcard", "/endpoints/0/path", json!("/api/over*")),
        ("request-wildcard", "/probe/path", json!("/api/ver*")),
        (
            "probe-is-path",
            "/probe/path",
            json!("/api/*?organization={tenant}"),
        ),
        (
            "query-not-in-key",
            "/endpoints/0/path",
            json!("/api/overview?org={tenant}"),
        ),
        (
            "query-twice",
            "/endpoints/0/path",
            json!("/api/overview?window=1d&window=2d"),
        ),
        ("scope-unknown", "/endpoints/1/scope", json!("costs")),
        ("scope-misses", "/endpoints/1/scope", json!("inventory")),
        (
            "pointer",
            "/endpoints/0/tenantPointer",
            json!("organization"),
        ),
        ("pointer", "/endpoints/0/tenantPointer", json!("/a~2")),
        ("timeout-too-long", "/endpoints/0/timeout", json!("20m")),
        ("timeout-too-long", "/probe/timeout", json!("1h")),
        (
            "probe-is-endpoint",
            "/probe/path",
            json!("/api/overview?organization={tenant}"),
        ),
    ]
}
