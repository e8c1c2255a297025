//! Response headers policies of a template.

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{find, is_true, names, unknown, whole};
use crate::model::{CorsConfig, ResponseHeadersPolicy};
use crate::template::app::App;
use crate::template::resolve::plain_text;
use crate::template::{TemplateError, managed};

pub(in crate::template) fn response_headers_policy(
    app: &App,
    at: &str,
    id: &str,
) -> Result<ResponseHeadersPolicy, TemplateError> {
    if let Some(managed) = managed::response_headers_policy(id) {
        return Ok(managed);
    }
    let config = find(
        app,
        "AWS::CloudFront::ResponseHeadersPolicy",
        "ResponseHeadersPolicyConfig",
        id,
    )
    .ok_or_else(|| unknown(at, "ResponseHeadersPolicyId", id))?;
    let mut policy = ResponseHeadersPolicy::default();
    for item in config["RemoveHeadersConfig"]["Items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        policy.remove.push(header_name(at, &item["Header"])?);
    }
    for item in config["CustomHeadersConfig"]["Items"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = header_name(at, &item["Header"])?;
        policy.set.push((
            name,
            header_value(at, &plain_text(&item["Value"]))?,
            is_true(&item["Override"]),
        ));
    }
    policy.cors = config.get("CorsConfig").map(cors);
    for (name, value, over) in security_headers(&config["SecurityHeadersConfig"]) {
        policy.set.push((
            HeaderName::from_static(name),
            header_value(at, &value)?,
            over,
        ));
    }
    Ok(policy)
}

fn cors(config: &Value) -> CorsConfig {
    let listed = |member: &str| names(&config[member]);
    CorsConfig {
        allow_credentials: is_true(&config["AccessControlAllowCredentials"]),
        allow_headers: listed("AccessControlAllowHeaders"),
        allow_methods: listed("AccessControlAllowMethods"),
        allow_origins: listed("AccessControlAllowOrigins"),
        expose_headers: listed("AccessControlExposeHeaders"),
        max_age: whole(&config["AccessControlMaxAgeSec"]),
        overrides: is_true(&config["OriginOverride"]),
    }
}

fn security_headers(config: &Value) -> Vec<(&'static str, String, bool)> {
    let mut found = Vec::new();
    let mut add = |part: &str, name: &'static str, value: &dyn Fn(&Value) -> String| {
        if let Some(member) = config.get(part) {
            found.push((name, value(member), is_true(&member["Override"])));
        }
    };
    add("ContentTypeOptions", "x-content-type-options", &|_| {
        "nosniff".to_owned()
    });
    add("FrameOptions", "x-frame-options", &|m| {
        plain_text(&m["FrameOption"])
    });
    add("ReferrerPolicy", "referrer-policy", &|m| {
        plain_text(&m["ReferrerPolicy"])
    });
    add("ContentSecurityPolicy", "content-security-policy", &|m| {
        plain_text(&m["ContentSecurityPolicy"])
    });
    add(
        "StrictTransportSecurity",
        "strict-transport-security",
        &|m| {
            let mut text = format!("max-age={}", plain_text(&m["AccessControlMaxAgeSec"]));
            for (member, word) in [
                ("IncludeSubdomains", "; includeSubDomains"),
                ("Preload", "; preload"),
            ] {
                if is_true(&m[member]) {
                    text.push_str(word);
                }
            }
            text
        },
    );
    add("XSSProtection", "x-xss-protection", &|m| match (
        is_true(&m["Protection"]),
        is_true(&m["ModeBlock"]),
    ) {
        (false, _) => "0".to_owned(),
        (true, false) => "1".to_owned(),
        (true, true) => "1; mode=block".to_owned(),
    });
    found
}

fn header_name(at: &str, value: &Value) -> Result<HeaderName, TemplateError> {
    let text = plain_text(value);
    HeaderName::from_bytes(text.as_bytes())
        .map_err(|_| TemplateError::invalid(at, format!("{text:?} is no header name")))
}

fn header_value(at: &str, text: &str) -> Result<HeaderValue, TemplateError> {
    HeaderValue::from_str(text)
        .map_err(|_| TemplateError::invalid(at, format!("{text:?} is no header value")))
}
