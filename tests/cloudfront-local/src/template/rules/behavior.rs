//! Cache behaviors.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::Part;
use crate::template::distribution::list;
use crate::template::policies::{names, ttls};
use crate::template::resolve::plain_text;

const READ: &[&str] = &["GET", "HEAD"];
const READ_AND_ASK: &[&str] = &["GET", "HEAD", "OPTIONS"];
const ALL: &[&str] = &["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];

const EVENTS: [&str; 4] = [
    "viewer-request",
    "viewer-response",
    "origin-request",
    "origin-response",
];

/// Names in a list of `ForwardedValues`.
const LEGACY_NAMES: usize = 10;
const PATTERN: usize = 255;

impl Part<'_> {
    pub(super) fn behavior(&self, targets: &BTreeSet<String>) {
        self.require(&["TargetOriginId", "ViewerProtocolPolicy"]);
        self.one_of(
            "ViewerProtocolPolicy",
            &["allow-all", "https-only", "redirect-to-https"],
        );
        if let Some(target) = self.config.get("TargetOriginId").map(plain_text)
            && !targets.contains(&target)
        {
            self.refuse(format!("there is no origin or origin group {target:?}"));
        }
        self.methods();
        self.functions();
        self.caching();
    }

    /// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html>
    pub(super) fn path_pattern(&self) {
        let Some(pattern) = self.config["PathPattern"].as_str() else {
            return self.refuse("PathPattern is required");
        };
        let allowed =
            |sign: char| sign.is_ascii_alphanumeric() || "_-.*$/~\"'@:+&?()!=,;%[]".contains(sign);
        if pattern.is_empty() || pattern.len() > PATTERN || !pattern.chars().all(allowed) {
            self.refuse(format!(
                "PathPattern {pattern:?} is empty, over {PATTERN} characters, or has characters that CloudFront does not take"
            ));
        }
    }

    fn methods(&self) {
        let allowed = self.method_set("AllowedMethods", &[READ, READ_AND_ASK, ALL]);
        let cached = self.method_set("CachedMethods", &[READ, READ_AND_ASK]);
        if !cached.is_subset(&allowed) {
            self.refuse("CachedMethods has methods that AllowedMethods lacks");
        }
    }

    fn method_set(&self, member: &str, sets: &[&[&str]]) -> BTreeSet<String> {
        let named: BTreeSet<String> = list(&self.config[member]).map(plain_text).collect();
        if named.is_empty() {
            return READ.iter().map(|&name| name.to_owned()).collect();
        }
        let is =
            |set: &&[&str]| set.len() == named.len() && set.iter().all(|one| named.contains(*one));
        if !sets.iter().any(is) {
            let sets: Vec<String> = sets.iter().map(|set| set.join(" ")).collect();
            let given: Vec<&str> = named.iter().map(String::as_str).collect();
            self.refuse(format!(
                "{member} is {}; CloudFront takes {}",
                given.join(" "),
                sets.join(", or ")
            ));
        }
        named
    }

    fn functions(&self) {
        let kinds = [
            ("LambdaFunctionAssociations", &EVENTS[..]),
            ("FunctionAssociations", &EVENTS[..2]),
        ];
        for (kind, events) in kinds {
            let mut seen = BTreeSet::new();
            for association in list(&self.config[kind]) {
                let event = plain_text(&association["EventType"]);
                if !events.contains(&event.as_str()) {
                    let all = events.join(", ");
                    self.refuse(format!("{kind}: {event:?} is no event of it: {all}"));
                }
                if !seen.insert(event.clone()) {
                    self.refuse(format!("{kind}: two functions for {event}"));
                }
            }
        }
    }

    /// A cache policy, or the legacy settings.
    fn caching(&self) {
        let config = self.config;
        let (policy, values) = (config.get("CachePolicyId"), config.get("ForwardedValues"));
        match (policy, values) {
            (None, None) => {
                self.refuse("CachePolicyId (or the legacy ForwardedValues) is required");
            }
            (Some(_), _) => {}
            (None, Some(values)) => self.forwarded_values(values),
        }
        if policy.is_none() && config.get("OriginRequestPolicyId").is_some() {
            self.refuse("OriginRequestPolicyId needs a CachePolicyId");
        }
    }

    fn forwarded_values(&self, values: &Value) {
        self.ttl_order();
        if values.get("QueryString").is_none() {
            self.refuse("ForwardedValues.QueryString is required");
        }
        let headers = names(&values["Headers"]);
        for name in headers.iter().filter(|name| *name != "*") {
            self.header_name(name);
        }
        let cookies = names(&values["Cookies"]["WhitelistedNames"]);
        let queries = names(&values["QueryStringCacheKeys"]);
        self.at_most("headers in ForwardedValues", headers.len(), LEGACY_NAMES);
        self.at_most("cookies in ForwardedValues", cookies.len(), LEGACY_NAMES);
        self.at_most("QueryStringCacheKeys", queries.len(), LEGACY_NAMES);
        let forward = values["Cookies"].get("Forward").map(plain_text);
        if let Some(forward) = forward
            && !["none", "all", "whitelist"].contains(&forward.as_str())
        {
            self.refuse(format!(
                "Cookies.Forward is {forward:?}; CloudFront takes none, whitelist, all"
            ));
        }
    }

    /// Gives the longest one.
    pub(super) fn ttl_order(&self) -> Duration {
        let (least, default, most) = ttls(self.config);
        if least > default || default > most {
            self.refuse(format!(
                "MinTTL {}, DefaultTTL {}, MaxTTL {}: each may be at most the next",
                least.as_secs(),
                default.as_secs(),
                most.as_secs()
            ));
        }
        most
    }
}
