//! What a run requests: each selected endpoint in each variant, in order, with the headers that
//! give it the same cache key as a browser's request.
//!
//! Order: required endpoints first, then the contract's order; of one endpoint the default
//! variant first, then as an odometer turns, the last variant header fastest.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use http::header::{ACCEPT, ACCEPT_ENCODING, COOKIE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use warmfront::contract::{Contract, Endpoint, Variant, VariantValue, without_query};
use warmfront::message::VariantValues;
use warmfront::tenant::TenantId;

/// What browsers accept. CloudFront normalises it to the codings in the key; without it, a copy
/// that no browser reads would be filled.
const BROWSER_CODINGS: &str = "gzip, deflate, br, zstd";
/// Where no variant depends on the browser: who is asking, for the origin's logs.
const OWN_USER_AGENT: &str = concat!("Warmfront/", env!("CARGO_PKG_VERSION"));

/// Everything that a run requests.
#[derive(Debug)]
pub struct Plan {
    /// In order.
    pub targets: Vec<Target>,
    /// The variants, the default one first.
    pub variants: Vec<VariantChoice>,
    places: HashMap<(String, VariantValues), usize>,
}

/// One endpoint in one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Path and query, filled with the tenant.
    pub path: String,
    /// Index of its variant in the plan.
    pub variant: usize,
    /// Whether a run fails without it.
    pub required: bool,
    /// Longest time a complete answer may take.
    pub timeout: Duration,
    /// Where in the body the tenant is named.
    pub tenant_pointer: Option<String>,
}

/// One value of each variant header.
#[derive(Clone, Debug)]
pub struct VariantChoice {
    /// Variant header → value.
    pub values: VariantValues,
    /// Every request header that matters, except the token.
    pub headers: HeaderMap,
}

impl Plan {
    /// The plan for a tenant, or everything that is wrong with the selection.
    pub fn of(
        contract: &Contract,
        tenant: &TenantId,
        scope: Option<&str>,
        selected: Option<&[String]>,
    ) -> Result<Self, Vec<String>> {
        let endpoints = select(contract, tenant, scope, selected)?;
        let variants = variants(contract, tenant);
        let mut targets = Vec::new();
        let mut paths = HashSet::new();
        for required in [true, false] {
            for endpoint in endpoints.iter().filter(|e| e.required == required) {
                // Two paths of the contract may be one for this tenant.
                if !paths.insert(endpoint.path_for(tenant)) {
                    continue;
                }
                for variant in 0..variants.len() {
                    targets.push(Target {
                        path: endpoint.path_for(tenant),
                        variant,
                        required,
                        timeout: endpoint.timeout,
                        tenant_pointer: endpoint.tenant_pointer.clone(),
                    });
                }
            }
        }
        let places = targets
            .iter()
            .enumerate()
            .map(|(place, target)| {
                let values = variants[target.variant].values.clone();
                ((target.path.clone(), values), place)
            })
            .collect();
        Ok(Self {
            targets,
            variants,
            places,
        })
    }

    /// The variant of a target.
    #[must_use]
    pub fn variant_of(&self, target: &Target) -> &VariantChoice {
        &self.variants[target.variant]
    }

    /// Where in the plan a target stands, if it does.
    #[must_use]
    pub fn place_of(&self, path: &str, variant: &VariantValues) -> Option<usize> {
        self.places
            .get(&(path.to_owned(), variant.clone()))
            .copied()
    }
}

/// The headers of a browser's request for the tenant, in the default variant.
#[must_use]
pub fn default_headers(contract: &Contract, tenant: &TenantId) -> HeaderMap {
    variants(contract, tenant).swap_remove(0).headers
}

fn select<'c>(
    contract: &'c Contract,
    tenant: &TenantId,
    scope: Option<&str>,
    selected: Option<&[String]>,
) -> Result<Vec<&'c Endpoint>, Vec<String>> {
    let mut problems = Vec::new();
    if let Some(scope) = scope
        && !contract.scopes.contains_key(scope)
    {
        let known: Vec<_> = contract.scopes.keys().map(String::as_str).collect();
        problems.push(format!(
            "scope {scope:?} is not in the contract, its scopes are {}",
            known.join(", ")
        ));
        return Err(problems);
    }
    let in_scope =
        |endpoint: &Endpoint| scope.is_none_or(|scope| contract.in_scope(scope, &endpoint.path));
    let names = |endpoint: &Endpoint, given: &str| {
        given == endpoint.path
            || given == endpoint.path_for(tenant)
            || given == without_query(&endpoint.path)
            || given == without_query(&endpoint.path_for(tenant))
    };
    for given in selected.unwrap_or_default() {
        let mut chosen = contract
            .endpoints
            .iter()
            .filter(|e| names(e, given))
            .peekable();
        if chosen.peek().is_none() {
            problems.push(format!(
                "endpoint {given:?} is not in the contract: name one of its endpoints, with or \
                 without the query string"
            ));
        } else if !chosen.any(in_scope) {
            problems.push(format!(
                "endpoint {given:?} is not in scope {:?}: the purge of the scope would not reach it",
                scope.unwrap_or_default()
            ));
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let is_selected = |endpoint: &Endpoint| {
        selected.is_none_or(|selected| selected.iter().any(|given| names(endpoint, given)))
    };
    Ok(contract
        .endpoints
        .iter()
        .filter(|endpoint| in_scope(endpoint) && is_selected(endpoint))
        .collect())
}

fn variants(contract: &Contract, tenant: &TenantId) -> Vec<VariantChoice> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(BROWSER_CODINGS));
    headers.insert(USER_AGENT, HeaderValue::from_static(OWN_USER_AGENT));
    insert(&mut headers, &contract.tenant.header, tenant.as_str());
    for (name, value) in &contract.cache_key.sent_headers {
        insert(&mut headers, name, value);
    }
    let cookies = &contract.cache_key.sent_cookies;
    if !cookies.is_empty() {
        let pairs: Vec<_> = cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        insert(&mut headers, COOKIE.as_str(), &pairs.join("; "));
    }
    let mut choices = vec![VariantChoice {
        values: VariantValues::new(),
        headers,
    }];
    for variant in &contract.variants {
        choices = choices
            .iter()
            .flat_map(|choice| {
                prewarmed(variant).map(move |value| {
                    let mut choice = choice.clone();
                    choice
                        .values
                        .insert(variant.header.clone(), value.value.clone());
                    let (name, sent) = variant.request(value);
                    insert(&mut choice.headers, name, sent);
                    choice
                })
            })
            .collect();
    }
    choices
}

/// The values to prewarm, the default one first.
fn prewarmed(variant: &Variant) -> impl Iterator<Item = &VariantValue> {
    let values = || variant.values.iter().filter(|value| value.prewarm);
    let default = values().filter(|value| value.value == variant.default);
    let others = values().filter(|value| value.value != variant.default);
    default.chain(others)
}

fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    let name = HeaderName::try_from(name).expect("the contract checks its header names");
    let value = HeaderValue::try_from(value).expect("the contract checks what is sent");
    headers.insert(name, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contract() -> Contract {
        Contract::parse(include_str!("../../../shared/tests/fixture/contract.json")).unwrap()
    }

    fn acme() -> TenantId {
        TenantId::parse("acme").unwrap()
    }

    fn paths(scope: Option<&str>, selected: Option<&[&str]>) -> Result<Vec<String>, Vec<String>> {
        let selected: Option<Vec<String>> =
            selected.map(|list| list.iter().map(|&path| path.to_owned()).collect());
        let plan = Plan::of(&contract(), &acme(), scope, selected.as_deref())?;
        let first = plan.targets.iter().filter(|target| target.variant == 0);
        Ok(first.map(|target| target.path.clone()).collect())
    }

    #[test]
    fn requires_first_and_turns_variants_like_an_odometer() {
        let plan = Plan::of(&contract(), &acme(), None, None).unwrap();
        let rows: Vec<_> = plan
            .targets
            .iter()
            .map(|target| {
                let values = &plan.variant_of(target).values;
                (target.path.as_str(), values["x-locale-bucket"].as_str())
            })
            .collect();
        assert_eq!(rows[0], ("/api/overview?organization=acme", "en"));
        assert_eq!(rows[1], ("/api/overview?organization=acme", "de"));
        assert_eq!(rows.len(), 10, "five endpoints in two variants");
        assert!(!plan.targets[8].required && plan.targets[7].required);
        assert!(
            plan.variants
                .iter()
                .all(|v| v.values["x-device-class"] == "desktop")
        );
    }

    #[test]
    fn sends_what_a_browser_of_the_variant_sends() {
        let plan = Plan::of(&contract(), &acme(), None, None).unwrap();
        let headers = &plan.variants[1].headers;
        assert_eq!(headers["accept-language"], "de-DE,de;q=0.9,en;q=0.5");
        assert_eq!(headers["accept-encoding"], BROWSER_CODINGS);
        assert_eq!(headers["x-organization-id"], "acme");
        assert!(headers["user-agent"].to_str().unwrap().contains("X11"));
        for absent in [
            "cache-control",
            "pragma",
            "range",
            "if-none-match",
            "x-locale-bucket",
        ] {
            assert!(!headers.contains_key(absent), "{absent}");
        }
    }

    #[test]
    fn selects_by_any_spelling_and_by_scope() {
        let trend = ["/api/cost/trend?organization=acme&window=90d"];
        for spelling in [
            "/api/cost/trend",
            "/api/cost/trend?organization={tenant}&window=90d",
            "/api/cost/trend?organization=acme&window=90d",
        ] {
            assert_eq!(paths(None, Some(&[spelling])).unwrap(), trend, "{spelling}");
        }
        assert_eq!(
            paths(Some("cost"), None).unwrap(),
            [
                "/api/overview?organization=acme",
                "/api/cost/summary?organization=acme",
                trend[0]
            ]
        );
    }

    #[test]
    fn names_everything_that_cannot_be_selected() {
        let problems = paths(
            Some("cost"),
            Some(&[
                "/api/nothing",
                "/api/inventory",
                "/api/cost/trend?organization=beta&window=90d",
            ]),
        )
        .unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(
            problems[1].contains("not in scope \"cost\""),
            "{problems:?}"
        );
        let problems = paths(Some("costs"), None).unwrap_err();
        assert!(problems[0].contains("its scopes are cost, inventory, security"));
    }
}
