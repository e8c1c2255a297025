//! Attempts to get another tenant's data through the distribution, from the list that the edge
//! functions' own tests read.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pipeline::{Trial, Viewer, trial};
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

/// The tenants of the list; no other test has them.
const OWN: &str = "acme";
const OTHER: &str = "beta";

#[derive(Deserialize)]
struct List {
    callers: HashMap<String, Caller>,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Caller {
    tenant: Option<String>,
    groups: Vec<String>,
}

#[derive(Deserialize)]
struct Attempt {
    name: String,
    #[serde(rename = "as")]
    caller: String,
    #[serde(default)]
    token: Option<String>,
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    expected: Expected,
}

#[derive(Deserialize)]
struct Expected {
    tenant: Option<String>,
    status: Option<u16>,
}

#[test]
fn no_attempt_gets_a_byte_of_another_tenants_data_on_a_miss_or_a_hit() {
    trial(async |t| {
        let list: List =
            serde_json::from_str(include_str!("../../../../cdk/test/edge/cross-tenant.json"))
                .unwrap();
        let (own, other) = (t.named(OWN).await, t.named(OTHER).await);
        let mut tokens = HashMap::new();
        for (name, caller) in &list.callers {
            tokens.insert(name.clone(), log_in(t, caller).await);
        }
        let of_other = Viewer::member(t, OTHER).await;
        for attempt in &list.attempts {
            own.cloudfront().evict(&own.tag()).await.unwrap();
            other.cloudfront().evict(&other.tag()).await.unwrap();
            // A miss; then a hit, once both tenants' people have loaded their own.
            check(t, attempt, &tokens).await;
            for path in ["/api/overview", "/api/overview?organization=beta"] {
                assert_eq!(of_other.load(path).await.status, 200);
            }
            check(t, attempt, &tokens).await;
        }
        assert!(list.attempts.len() > 100);
    });
}

async fn check(t: &Trial, attempt: &Attempt, tokens: &HashMap<String, String>) {
    let own = &tokens[&attempt.caller];
    let mut headers: Vec<(&str, String)> = credentials(attempt.token.as_deref(), own);
    headers.extend(
        attempt
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    let mut path = attempt.path.clone();
    if !attempt.query.is_empty() {
        path = format!("{path}?{}", attempt.query);
    }
    let method: Method = attempt.method.parse().unwrap();
    let viewer = Viewer::with_token(t, own);
    let seen = viewer.send(method.clone(), &path, &headers).await;
    let what = format!(
        "{} as {}: {path}: {} {}",
        attempt.name, attempt.caller, seen.status, seen.body
    );
    let tenant = attempt.expected.tenant.as_deref();
    assert_eq!(
        seen.status,
        attempt.expected.status.unwrap_or(200),
        "{what}"
    );
    let forbidden = if tenant == Some(OTHER) { OWN } else { OTHER };
    assert!(!seen.body.contains(&format!("{forbidden}-1")), "{what}");
    assert_ne!(seen.header("x-organization-id"), forbidden, "{what}");
    if let Some(tenant) = tenant.filter(|_| method == Method::GET) {
        let body: Value =
            serde_json::from_str(&seen.body).unwrap_or_else(|error| panic!("{error}: {what}"));
        assert_eq!(body["organization"], tenant, "{what}");
    }
}

/// Logs a user with these claims in.
async fn log_in(t: &Trial, caller: &Caller) -> String {
    let (users, pool) = (&t.stack.users, &t.stack.state.user_pool);
    let name = t.user("caller-");
    users
        .create_member(pool, &name, caller.tenant.as_deref().unwrap_or(OWN))
        .await
        .unwrap();
    let client = users.client();
    if caller.tenant.is_none() {
        let none = client
            .admin_delete_user_attributes()
            .user_pool_id(&pool.id)
            .username(&name);
        none.user_attribute_names("custom:organization")
            .send()
            .await
            .unwrap();
    }
    for group in &caller.groups {
        let create = client
            .create_group()
            .user_pool_id(&pool.id)
            .group_name(group);
        let _ = create.send().await;
        let add = client
            .admin_add_user_to_group()
            .user_pool_id(&pool.id)
            .username(&name);
        add.group_name(group).send().await.unwrap();
    }
    users.id_token(pool, &name).await.unwrap()
}

/// Values of Authorization for one of the tokens that the list names.
fn credentials(kind: Option<&str>, own: &str) -> Vec<(&'static str, String)> {
    let parts: Vec<&str> = own.split('.').collect();
    let mut claims: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
    claims["custom:organization"] = OTHER.into();
    let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let renamed = encoded(&claims);
    let unsigned = encoded(&serde_json::json!({ "alg": "none" }));
    // Nobody has the pool's private key: what a stranger signs is as good as noise.
    let noise = URL_SAFE_NO_PAD.encode([7; 256]);
    let tokens = match kind.unwrap_or("own") {
        "own" => vec![own.to_owned()],
        "none" => vec![],
        "garbage" => vec!["not.a.token".to_owned()],
        "unsigned" => vec![format!("{unsigned}.{renamed}.")],
        "tampered" => vec![format!("{}.{renamed}.{}", parts[0], parts[2])],
        "forged" => vec![format!("{}.{renamed}.{noise}", parts[0])],
        "twice" => vec![own.to_owned(), own.to_owned()],
        other => panic!("unknown token {other}"),
    };
    tokens
        .into_iter()
        .map(|token| ("authorization", format!("Bearer {token}")))
        .collect()
}
