//! Origins and origin groups.

use std::collections::BTreeSet;

use super::Part;
use crate::template::distribution::list;
use crate::template::policies::whole;
use crate::template::resolve::plain_text;

const CUSTOM_HEADERS: usize = 30;
const HEADER_NAME: usize = 256;
const HEADER_VALUE: usize = 1783;

/// Headers that CloudFront adds to no request.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/add-origin-custom-headers.html>
const NEVER_ADDED: [&str; 23] = [
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "max-forwards",
    "pragma",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "request-range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];

impl Part<'_> {
    pub(super) fn origin(&self) {
        let config = self.config;
        self.require(&["Id", "DomainName"]);
        let domain = config["DomainName"].as_str().unwrap_or_default();
        if domain.contains([':', '/', ' ', '{']) {
            self.refuse(format!(
                "DomainName {domain:?} is no domain name: letters, digits, dots and hyphens are expected, without https:// and a path"
            ));
        }
        let kinds = ["CustomOriginConfig", "S3OriginConfig", "VpcOriginConfig"];
        let given: Vec<&str> = kinds
            .into_iter()
            .filter(|kind| config.get(kind).is_some())
            .collect();
        if given.len() != 1 {
            self.refuse(format!(
                "it has {} of {}; CloudFront takes exactly one",
                given.len(),
                kinds.join(", ")
            ));
        }
        if let Some(path) = config["OriginPath"]
            .as_str()
            .filter(|path| !path.is_empty())
            && (!path.starts_with('/') || path.ends_with('/'))
        {
            self.refuse(format!(
                "OriginPath {path:?} begins with a slash and ends without one"
            ));
        }
        self.within(config, "ConnectionAttempts", 1, 3);
        self.within(config, "ConnectionTimeout", 1, 10);
        self.custom_origin();
        self.custom_headers();
    }

    fn custom_origin(&self) {
        let custom = &self.config["CustomOriginConfig"];
        if !custom.is_object() {
            return;
        }
        let protocol = plain_text(&custom["OriginProtocolPolicy"]);
        if !["http-only", "https-only", "match-viewer"].contains(&protocol.as_str()) {
            self.refuse(format!(
                "OriginProtocolPolicy is {protocol}; CloudFront takes http-only, https-only, match-viewer"
            ));
        }
        self.within(custom, "OriginReadTimeout", 1, 120);
        self.within(custom, "OriginKeepaliveTimeout", 1, 120);
        for member in ["HTTPPort", "HTTPSPort"] {
            let port = custom.get(member).map(|port| whole(port).unwrap_or(0));
            if port.is_some_and(|port| !matches!(port, 80 | 443 | 1024..=65_535)) {
                self.refuse(format!(
                    "{member}: CloudFront takes 80, 443 and 1024 to 65535"
                ));
            }
        }
        let (whole_answer, first_byte) = (
            whole(&self.config["ResponseCompletionTimeout"]),
            whole(&custom["OriginReadTimeout"]).unwrap_or(30),
        );
        if whole_answer.is_some_and(|seconds| seconds < first_byte) {
            self.refuse("ResponseCompletionTimeout is below the OriginReadTimeout");
        }
    }

    fn custom_headers(&self) {
        let headers: Vec<_> = list(&self.config["OriginCustomHeaders"]).collect();
        self.at_most("custom headers", headers.len(), CUSTOM_HEADERS);
        for header in headers {
            let name = plain_text(&header["HeaderName"]);
            self.header_name(&name);
            let lower = name.to_ascii_lowercase();
            let reserved = ["x-amz-", "x-edge-"];
            if NEVER_ADDED.contains(&lower.as_str())
                || reserved.iter().any(|start| lower.starts_with(start))
            {
                self.refuse(format!(
                    "OriginCustomHeaders: CloudFront does not add {name}"
                ));
            }
            let value = plain_text(&header["HeaderValue"]);
            if name.len() > HEADER_NAME || value.len() > HEADER_VALUE {
                self.refuse(format!(
                    "OriginCustomHeaders: {name} is longer than {HEADER_NAME} characters, or its value than {HEADER_VALUE}"
                ));
            }
        }
    }

    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/high_availability_origin_failover.html>
    pub(super) fn origin_group(&self, origins: &BTreeSet<String>) {
        let members: Vec<String> = list(&self.config["Members"]["Items"])
            .map(|member| plain_text(&member["OriginId"]))
            .collect();
        if members.len() != 2 {
            self.refuse(format!(
                "it has {} members; CloudFront takes two",
                members.len()
            ));
        }
        for member in members.iter().filter(|member| !origins.contains(*member)) {
            self.refuse(format!("there is no origin {member:?}"));
        }
        let codes = list(&self.config["FailoverCriteria"]["StatusCodes"]["Items"]);
        for code in codes {
            if !matches!(whole(code), Some(403 | 404 | 416 | 429 | 500..=504)) {
                self.refuse(format!("{code} is no status that CloudFront fails over on"));
            }
        }
    }
}
