//! What CloudFront would refuse to deploy, so that the start is refused here: with every problem, each with its place.
//!
//! Limits are the default quotas of
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>.

mod behavior;
mod origin;
pub(super) mod policy;

use std::collections::BTreeSet;

use http::HeaderName;
use serde_json::Value;

use super::app::App;
use super::distribution::list;
use super::policies::whole;
use super::resolve::plain_text;

const BEHAVIORS: usize = 75;
const ORIGINS: usize = 100;
const ORIGIN_GROUPS: usize = 10;
const ALIASES: usize = 100;
const COMMENT: usize = 128;

/// Statuses that an error response can be for.
const ERROR_CODES: [u64; 11] = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];
/// Statuses that viewers can be given instead.
const RESPONSE_CODES: [u64; 14] = [
    200, 400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504, 301, 302,
];

/// One part of a configuration under examination.
struct Part<'a> {
    app: &'a App,
    at: String,
    config: &'a Value,
}

/// Examines a distribution's resolved configuration.
pub(super) fn check(app: &App, logical_id: &str, config: &Value) {
    let whole_config = Part {
        app,
        at: logical_id.to_owned(),
        config,
    };
    whole_config.distribution();
    let part = |at: String, config| Part { app, at, config };
    let origins = || list(&config["Origins"]);
    let mut ids = BTreeSet::new();
    for one in origins() {
        let id = plain_text(&one["Id"]);
        let origin = part(format!("{logical_id} origin {id}"), one);
        origin.origin();
        if !ids.insert(id) {
            origin.refuse("another origin has this Id too");
        }
    }
    for group in list(&config["OriginGroups"]["Items"]) {
        let id = plain_text(&group["Id"]);
        part(format!("{logical_id} origin group {id}"), group).origin_group(&ids);
    }
    let groups = list(&config["OriginGroups"]["Items"]).map(|group| plain_text(&group["Id"]));
    let targets: BTreeSet<String> = ids.iter().cloned().chain(groups).collect();
    for behavior in list(&config["CacheBehaviors"]) {
        let pattern = plain_text(&behavior["PathPattern"]);
        let behavior = part(format!("{logical_id} behavior {pattern}"), behavior);
        behavior.path_pattern();
        behavior.behavior(&targets);
    }
    let default = &config["DefaultCacheBehavior"];
    if default.is_object() {
        part(format!("{logical_id} default behavior"), default).behavior(&targets);
    }
    for response in list(&config["CustomErrorResponses"]) {
        let code = plain_text(&response["ErrorCode"]);
        part(format!("{logical_id} error response {code}"), response).error_response();
    }
}

impl Part<'_> {
    fn refuse(&self, problem: impl std::fmt::Display) {
        self.app.refuse(&self.at, problem);
    }

    fn require(&self, members: &[&str]) {
        for member in members {
            if self.config.get(member).is_none() {
                self.refuse(format!("{member} is required"));
            }
        }
    }

    /// A member that has to be one of a few words.
    fn one_of(&self, member: &str, words: &[&str]) {
        if let Some(value) = self.config.get(member) {
            let text = plain_text(value);
            if !words.contains(&text.as_str()) {
                let all = words.join(", ");
                self.refuse(format!("{member} is {text:?}; CloudFront takes {all}"));
            }
        }
    }

    /// A member that has to be a whole number within bounds.
    fn within(&self, config: &Value, member: &str, least: u64, most: u64) {
        if let Some(value) = config.get(member) {
            match whole(value) {
                Some(number) if (least..=most).contains(&number) => {}
                _ => self.refuse(format!(
                    "{member} is {value}; CloudFront takes {least} to {most}"
                )),
            }
        }
    }

    fn at_most(&self, what: &str, count: usize, most: usize) {
        if count > most {
            self.refuse(format!("{count} {what}, over the quota of {most}"));
        }
    }

    fn header_name(&self, name: &str) {
        if HeaderName::from_bytes(name.as_bytes()).is_err() {
            self.refuse(format!("{name:?} is no header name"));
        }
    }

    fn distribution(&self) {
        let config = self.config;
        self.require(&["DefaultCacheBehavior", "Enabled"]);
        self.one_of("HttpVersion", &["http1.1", "http2", "http3", "http2and3"]);
        self.one_of(
            "PriceClass",
            &["PriceClass_100", "PriceClass_200", "PriceClass_All", "None"],
        );
        self.at_most(
            "cache behaviors",
            list(&config["CacheBehaviors"]).count(),
            BEHAVIORS,
        );
        self.at_most("origins", list(&config["Origins"]).count(), ORIGINS);
        let groups = list(&config["OriginGroups"]["Items"]).count();
        self.at_most("origin groups", groups, ORIGIN_GROUPS);
        self.at_most("aliases", list(&config["Aliases"]).count(), ALIASES);
        if list(&config["Origins"]).next().is_none() {
            self.refuse("it has no origin: Origins lists at least one");
        }
        let comment = config["Comment"].as_str().unwrap_or_default();
        if comment.chars().count() > COMMENT {
            self.refuse(format!("Comment is longer than {COMMENT} characters"));
        }
        if comment.chars().any(char::is_control) {
            self.refuse("Comment has control characters");
        }
        if let Some(object) = config["DefaultRootObject"].as_str()
            && object.starts_with('/')
        {
            self.refuse(format!(
                "DefaultRootObject is {object:?}; it is written without the slash"
            ));
        }
        if let Some(name) = config["CacheTagConfig"].get("HeaderName") {
            self.header_name(&plain_text(name));
        }
        for alias in list(&config["Aliases"]).map(plain_text) {
            if alias.contains([':', '/', ' ']) || !alias.contains('.') {
                self.refuse(format!("alias {alias:?} is no domain name"));
            }
        }
    }

    /// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomErrorResponse.html>
    fn error_response(&self) {
        let config = self.config;
        let code = whole(&config["ErrorCode"]);
        if code.is_none_or(|code| !ERROR_CODES.contains(&code)) {
            self.refuse(format!("ErrorCode is none of {ERROR_CODES:?}"));
        }
        let (page, status) = (
            config["ResponsePagePath"].as_str().unwrap_or_default(),
            config.get("ResponseCode"),
        );
        if page.is_empty() != status.is_none() {
            self.refuse("ResponsePagePath and ResponseCode go together");
        }
        if !page.is_empty() && !page.starts_with('/') {
            self.refuse(format!(
                "ResponsePagePath is {page:?}; it begins with a slash"
            ));
        }
        if let Some(status) = status
            && whole(status).is_none_or(|code| !RESPONSE_CODES.contains(&code))
        {
            self.refuse(format!(
                "ResponseCode {status} is none that CloudFront gives"
            ));
        }
    }
}
