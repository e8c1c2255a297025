//! Cache, origin request and response headers policies.

use serde_json::Value;

use super::Part;
use crate::template::app::App;
use crate::template::distribution::list;
use crate::template::policies::{is_true, names};
use crate::template::resolve::plain_text;

/// Names in each list of a policy.
const NAMES: usize = 10;
const CONTENT_SECURITY_POLICY: usize = 1783;

/// Headers that an origin request policy cannot list: they belong to the cache policy.
const OF_THE_CACHE_POLICY: [&str; 2] = ["authorization", "accept-encoding"];

/// Examines the config of the policy with this id; `member` is what the config is called in a template.
pub(in crate::template) fn check(app: &App, id: &str, member: &str, config: &Value) {
    let name = id.rsplit('/').next().unwrap_or(id);
    let part = Part {
        app,
        at: format!("policy {name}"),
        config,
    };
    match member {
        "CachePolicyConfig" => part.cache_policy(),
        "OriginRequestPolicyConfig" => part.origin_request_policy(),
        _ => part.response_headers_policy(),
    }
}

impl Part<'_> {
    /// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CachePolicyConfig.html>
    fn cache_policy(&self) {
        let config = self.config;
        self.require(&["Name", "MinTTL"]);
        let most = self.ttl_order();
        let key = &config["ParametersInCacheKeyAndForwardedToOrigin"];
        self.lists(key, &["none", "whitelist"]);
        let takes_any = [
            ("HeadersConfig", "HeaderBehavior"),
            ("QueryStringsConfig", "QueryStringBehavior"),
            ("CookiesConfig", "CookieBehavior"),
        ]
        .iter()
        .any(|(part, behavior)| {
            key[part][behavior]
                .as_str()
                .is_some_and(|word| word != "none")
        });
        let encodings = ["EnableAcceptEncodingGzip", "EnableAcceptEncodingBrotli"];
        if most.is_zero() && (takes_any || encodings.iter().any(|name| is_true(&key[name]))) {
            self.refuse("with a MaxTTL of 0 nothing is cached, and CloudFront then takes nothing into the key");
        }
    }

    fn origin_request_policy(&self) {
        self.require(&["Name"]);
        let words = [
            "none",
            "whitelist",
            "allViewer",
            "allViewerAndWhitelistCloudFront",
            "allExcept",
        ];
        self.lists(self.config, &words);
        for name in names(&self.config["HeadersConfig"]["Headers"]) {
            if OF_THE_CACHE_POLICY.contains(&name.to_ascii_lowercase().as_str()) {
                self.refuse(format!(
                    "an origin request policy cannot list {name}; a cache policy can"
                ));
            }
        }
    }

    /// The three lists of names that a policy has.
    fn lists(&self, config: &Value, header_words: &[&str]) {
        let words = ["none", "whitelist", "allExcept", "all"];
        for (part, behavior, members, words) in [
            ("HeadersConfig", "HeaderBehavior", "Headers", header_words),
            (
                "QueryStringsConfig",
                "QueryStringBehavior",
                "QueryStrings",
                &words[..],
            ),
            ("CookiesConfig", "CookieBehavior", "Cookies", &words[..]),
        ] {
            let Some(word) = config[part].get(behavior).map(plain_text) else {
                self.refuse(format!("{part}.{behavior} is required"));
                continue;
            };
            let listed = names(&config[part][members]);
            if !words.contains(&word.as_str()) {
                let all = words.join(", ");
                self.refuse(format!("{behavior} is {word:?}; CloudFront takes {all}"));
            }
            let takes_list = !["none", "all", "allViewer"].contains(&word.as_str());
            if takes_list == listed.is_empty() {
                self.refuse(format!(
                    "{behavior} {word} with {} names in {members}",
                    listed.len()
                ));
            }
            self.at_most(members, listed.len(), NAMES);
            if part == "HeadersConfig" {
                for name in listed {
                    self.header_name(&name);
                }
            }
        }
    }

    fn response_headers_policy(&self) {
        self.require(&["Name"]);
        let config = self.config;
        for part in ["CustomHeadersConfig", "RemoveHeadersConfig"] {
            let items: Vec<_> = list(&config[part]["Items"]).collect();
            self.at_most(part, items.len(), NAMES);
            for item in items {
                self.header_name(&plain_text(&item["Header"]));
            }
        }
        let policy =
            &config["SecurityHeadersConfig"]["ContentSecurityPolicy"]["ContentSecurityPolicy"];
        if policy
            .as_str()
            .is_some_and(|text| text.len() > CONTENT_SECURITY_POLICY)
        {
            self.refuse(format!(
                "ContentSecurityPolicy is longer than {CONTENT_SECURITY_POLICY} characters"
            ));
        }
    }
}
