//! The contract of all worlds, before one is narrowed to what is in play.

use std::sync::LazyLock;

use warmfront::contract::Contract;

use super::SCOPE;

/// Endpoints that a run may request, at most.
pub(super) const ENDPOINTS: usize = 3;
/// The endpoints' own timeout.
const ENDPOINT_TIMEOUT: &str = "220s";

pub(super) static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let endpoint = |path: &str, required: bool| {
        format!(
            r#"{{"path":"{path}?organization={{tenant}}","timeout":"{ENDPOINT_TIMEOUT}","required":{required},"tenantPointer":"/organization"}}"#
        )
    };
    let endpoints = [
        endpoint("/api/overview", true),
        endpoint("/api/cost", true),
        endpoint("/api/trend", false),
    ]
    .join(",");
    let text = format!(
        r#"{{
  "tagHeader": "cache-tag", "tagPrefix": "tenant:",
  "tenant": {{
    "header": "x-organization-id", "queryNames": ["organization"],
    "id": {{ "pattern": "[a-z0-9][a-z0-9._-]*", "maxLength": 64 }},
    "claim": "custom:organization", "superadminGroup": "superadmin"
  }},
  "cacheKey": {{
    "headers": ["x-organization-id", "x-locale-bucket"],
    "queryNames": ["organization"], "cookies": [], "encodings": ["gzip"]
  }},
  "variants": [{{
    "header": "x-locale-bucket", "from": "accept-language", "default": "en",
    "values": [
      {{ "value": "en", "matches": ["en"], "send": "en-US" }},
      {{ "value": "de", "matches": ["de"], "send": "de-DE" }}
    ]
  }}],
  "version": {{ "header": "x-data-version", "order": "integer" }},
  "paths": [{{ "pattern": "/api/*", "defaultTtl": "1d", "maxTtl": "7d" }}],
  "scopes": {{ "{SCOPE}": ["/api/cost*"] }},
  "endpoints": [{endpoints}],
  "probe": {{ "path": "/version?organization={{tenant}}", "timeout": "10s" }},
  "migration": {{ "paths": [] }}
}}"#
    );
    Contract::parse(&text).expect("the simulation's contract has no problems")
});
