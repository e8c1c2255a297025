//! Origins and origin groups of a distribution.

use std::time::Duration;

use serde_json::Value;

use super::distribution::list;
use super::policies::{is_true, whole};
use super::resolve::plain_text;
use crate::model::{CustomOrigin, Origin, OriginGroup};

pub(super) fn read(origin: &Value) -> Origin {
    let seconds =
        |value: &Value, default: u64| Duration::from_secs(whole(value).unwrap_or(default));
    let port = |value: &Value, default: u16| {
        whole(value)
            .and_then(|n| u16::try_from(n).ok())
            .unwrap_or(default)
    };
    let custom = origin.get("CustomOriginConfig").map(|custom| CustomOrigin {
        read_timeout: seconds(&custom["OriginReadTimeout"], 30),
        keepalive_timeout: seconds(&custom["OriginKeepaliveTimeout"], 5),
        protocol: custom["OriginProtocolPolicy"]
            .as_str()
            .unwrap_or("https-only")
            .to_owned(),
        http_port: port(&custom["HTTPPort"], 80),
        https_port: port(&custom["HTTPSPort"], 443),
    });
    let shield = &origin["OriginShield"];
    let headers = list(&origin["OriginCustomHeaders"]);
    Origin {
        id: plain_text(&origin["Id"]),
        domain_name: plain_text(&origin["DomainName"]),
        path: origin["OriginPath"].as_str().unwrap_or_default().to_owned(),
        custom_headers: headers
            .map(|header| {
                (
                    plain_text(&header["HeaderName"]),
                    plain_text(&header["HeaderValue"]),
                )
            })
            .collect(),
        connection_attempts: whole(&origin["ConnectionAttempts"])
            .and_then(|n| u32::try_from(n).ok())
            .unwrap_or(3),
        connection_timeout: seconds(&origin["ConnectionTimeout"], 10),
        completion_timeout: whole(&origin["ResponseCompletionTimeout"]).map(Duration::from_secs),
        shield: is_true(&shield["Enabled"]).then(|| {
            shield["OriginShieldRegion"]
                .as_str()
                .unwrap_or("us-east-1")
                .to_owned()
        }),
        custom,
    }
}

pub(super) fn read_group(group: &Value) -> OriginGroup {
    let statuses = list(&group["FailoverCriteria"]["StatusCodes"]["Items"]);
    OriginGroup {
        id: plain_text(&group["Id"]),
        failover_statuses: statuses
            .filter_map(|status| plain_text(status).parse().ok())
            .collect(),
        members: list(&group["Members"]["Items"])
            .map(|member| plain_text(&member["OriginId"]))
            .collect(),
    }
}
