//! The origin with real tokens of a real pool.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::*;
use crate::{
    cognito::{Cognito, Users},
    folders::{self, Folders},
    http_client,
    python::Python,
    reaper::Reaper,
};

struct Setup {
    folders: Folders,
    cognito: Cognito,
    origin: Origin,
    control: OriginControl,
    users: Users,
    pool: UserPool,
}

impl Setup {
    async fn new() -> Self {
        let folders = Folders::of(&format!("test-origin-{}", std::process::id())).unwrap();
        folders.renew().unwrap();
        let python = Python::install(&|_| {}).await.unwrap();
        let reaper = Arc::new(Reaper::start(&python.program("python")).unwrap());
        let cognito = Cognito::start(&python, &folders, &reaper).await.unwrap();
        let users = Users::at(&cognito.endpoint);
        let contract = Contract::read(&folders::project().join("shared/contract.json")).unwrap();
        let (pool, _) = users.create_pool(&contract).await.unwrap();
        users.create_member(&pool, "ada", "acme").await.unwrap();
        users.create_member(&pool, "bob", "beta").await.unwrap();
        let origin = Origin::start(&pool, &contract).await.unwrap();
        let control = OriginControl::at(&origin.control.endpoint);
        Self {
            folders,
            cognito,
            origin,
            control,
            users,
            pool,
        }
    }

    async fn token(&self, user: &str) -> String {
        self.users.id_token(&self.pool, user).await.unwrap()
    }

    async fn get(&self, path: &str, tenant: &str, token: &str) -> Result<Answer, reqwest::Error> {
        let request = http_client::client().get(format!("{}{path}", self.origin.api.endpoint));
        let answer = request
            .bearer_auth(token)
            .header("x-organization-id", tenant)
            .send()
            .await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        Ok(Answer {
            status,
            headers,
            body,
        })
    }
}

struct Answer {
    status: u16,
    headers: http::HeaderMap,
    body: Value,
}

const OVERVIEW: &str = "/api/overview?organization=acme";

/// One server for all of it: starting Cognito takes longer than everything else together.
#[tokio::test]
async fn the_origin_serves_each_tenant_its_own_data_and_fails_as_told() {
    let mut setup = Setup::new().await;
    let (ada, bob) = (setup.token("ada").await, setup.token("bob").await);
    tokio::join!(
        a_report_names_tenant_and_version(&setup, &ada),
        a_strangers_token_is_refused(&setup, &ada, &bob),
        the_probe_is_never_stored(&setup, &bob),
        scripted_requests_fail_and_are_remembered(&setup, &bob),
    );
    setup.cognito.part.stop().await;
    std::fs::remove_dir_all(setup.folders.root()).unwrap();
}

async fn a_report_names_tenant_and_version(setup: &Setup, ada: &str) {
    setup.control.set_version("acme", 7).await.unwrap();
    setup
        .control
        .set_path_delay("acme", "/api/overview", Duration::from_millis(200))
        .await
        .unwrap();
    let began = Instant::now();
    let answer = setup.get(OVERVIEW, "acme", ada).await.unwrap();
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-data-version"], "7");
    assert_eq!(answer.headers["x-organization-id"], "acme");
    assert_eq!(answer.headers["cache-control"], "public, max-age=86400");
    assert_eq!(answer.body["organization"], "acme");
}

async fn a_strangers_token_is_refused(setup: &Setup, ada: &str, bob: &str) {
    assert_eq!(setup.get(OVERVIEW, "acme", bob).await.unwrap().status, 403);
    assert_eq!(setup.get(OVERVIEW, "beta", ada).await.unwrap().status, 403);
    let (signed, _) = ada.rsplit_once('.').unwrap();
    let forged = format!("{signed}.{}", bob.rsplit_once('.').unwrap().1);
    assert_eq!(
        setup.get(OVERVIEW, "acme", &forged).await.unwrap().status,
        401
    );
    assert_eq!(
        setup
            .get(OVERVIEW, "acme", "nonsense")
            .await
            .unwrap()
            .status,
        401
    );
}

async fn the_probe_is_never_stored(setup: &Setup, bob: &str) {
    let answer = setup
        .get("/api/version?organization=beta", "beta", bob)
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-data-version"], "1");
    assert_eq!(answer.headers["cache-control"], "private, no-store");
}

async fn scripted_requests_fail_and_are_remembered(setup: &Setup, bob: &str) {
    let path = "/api/inventory";
    for fault in [OriginFault::Status { status: 503 }, OriginFault::Reset] {
        setup
            .control
            .script(&OriginRule::new(Served::path("beta", path), fault))
            .await
            .unwrap();
    }
    let query = format!("{path}?organization=beta");
    assert_eq!(setup.get(&query, "beta", bob).await.unwrap().status, 503);
    assert!(setup.get(&query, "beta", bob).await.is_err());
    assert_eq!(setup.get(&query, "beta", bob).await.unwrap().status, 200);
    let requests = setup.control.requests("beta").await.unwrap();
    assert_eq!(requests.len(), 3);
    assert!(
        requests
            .iter()
            .all(|request| request.user == "bob" && request.path == path)
    );
    assert_eq!(requests[0].status, Some(503));
}
