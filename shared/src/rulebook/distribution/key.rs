//! The cache key and the TTLs of what is cached in front of the tenant API.

use super::{Checked, rules};
use crate::contract::Contract;
use crate::distribution::{Behavior, CacheKey, Names, Policy};
use crate::rule::{Problem, Rule};

pub(super) fn check(behavior: &Behavior, checked: &mut Checked<'_>) {
    if !checked.reaches_api(behavior) || checked.is_public(behavior) || !behavior.caches() {
        return;
    }
    let at = behavior.place();
    let contract = checked.contract;
    let found = &mut checked.found;
    let key = match &behavior.cache {
        Policy::Known(key) => key,
        Policy::Unknown(id) => return found.push(rules::CACHE_POLICY_UNKNOWN.at(&at, &[id])),
        Policy::None => return,
    };
    names(&at, key, contract, found);
    if key.min_ttl > 0 {
        found.push(rules::MIN_TTL.at(&at, &[&key.min_ttl]));
    }
    if behavior
        .cached_methods
        .iter()
        .any(|method| method == "OPTIONS")
    {
        found.push(rules::OPTIONS_CACHED.at(&at, &[]));
    }
    let methods = &behavior.allowed_methods;
    if !methods.iter().any(|m| m == "GET") || !methods.iter().any(|m| m == "HEAD") {
        found.push(rules::METHODS.at(&at, &[&methods.join(", ")]));
    }
    encodings(behavior, key, contract, found);
    let declared = contract
        .paths
        .iter()
        .find(|path| path.pattern == behavior.pattern);
    if let Some(path) = declared {
        let (default, max) = (path.default_ttl.as_secs(), path.max_ttl.as_secs());
        if (key.default_ttl, key.max_ttl) != (default, max) {
            let values: [&dyn std::fmt::Display; 4] =
                [&key.default_ttl, &key.max_ttl, &default, &max];
            found.push(rules::TTL_DIFFERS.at(&at, &values));
        }
    }
}

fn names(at: &str, key: &CacheKey, contract: &Contract, found: &mut Vec<Problem>) {
    let wanted = &contract.cache_key;
    let tenant = &contract.tenant.header;
    if !key.headers.includes(tenant) {
        found.push(rules::KEY_LACKS_TENANT.at(at, &[tenant]));
    }
    if key.headers.includes("authorization") {
        found.push(rules::KEY_HAS_AUTHORIZATION.at(at, &[]));
    }
    let kinds: [(&Names, &[String], &'static Rule, &str); 3] = [
        (
            &key.headers,
            &wanted.headers,
            &rules::KEY_LACKS_HEADER,
            "the header",
        ),
        (
            &key.query_names,
            &wanted.query_names,
            &rules::KEY_LACKS_QUERY,
            "the query name",
        ),
        (
            &key.cookies,
            &wanted.cookies,
            &rules::KEY_LACKS_COOKIE,
            "the cookie",
        ),
    ];
    for (given, wanted, lacks, kind) in kinds {
        for name in wanted
            .iter()
            .filter(|name| *name != tenant && !given.includes(name))
        {
            found.push(lacks.at(at, &[name]));
        }
        let more = match given {
            Names::None => Vec::new(),
            Names::Only(names) => names.clone(),
            Names::All => vec!["*".to_owned()],
            Names::AllBut(names) => vec![format!("* but {}", names.join(", "))],
        };
        for name in more
            .iter()
            .filter(|name| !wanted.contains(name) && *name != "authorization")
        {
            found.push(rules::KEY_HAS_MORE.at(at, &[&kind, name]));
        }
    }
}

fn encodings(behavior: &Behavior, key: &CacheKey, contract: &Contract, found: &mut Vec<Problem>) {
    let at = behavior.place();
    let wanted = &contract.cache_key.encodings;
    let same =
        wanted.len() == key.encodings.len() && wanted.iter().all(|e| key.encodings.contains(e));
    if !same {
        let texts = (key.encodings.join(", "), wanted.join(", "));
        found.push(rules::KEY_ENCODINGS.at(&at, &[&texts.0, &texts.1]));
    }
    if !wanted.is_empty() && !behavior.compress {
        found.push(rules::NOT_COMPRESSED.at(&at, &[]));
    }
}
