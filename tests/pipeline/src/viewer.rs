//! A person who opens dashboards: requests through the distribution with a token.

use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::redirect::Policy;
use reqwest::{Client, Method};

use crate::Trial;
use crate::trial::fresh_name;
use crate::undo::Undo;

/// Above the slowest endpoint of the stack.
const PATIENCE: Duration = Duration::from_mins(1);

/// A person who opens dashboards.
#[derive(Clone, Debug)]
pub struct Viewer {
    token: String,
    base_url: String,
    client: Client,
}

/// What a viewer saw.
#[derive(Clone, Debug)]
pub struct Seen {
    /// HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Viewer {
    /// A new user of a tenant.
    pub async fn member(trial: &Trial, tenant: &str) -> Self {
        let (users, pool) = (&trial.stack.users, &trial.stack.state.user_pool);
        let name = fresh_name("member-");
        users
            .create_member(pool, &name, tenant)
            .await
            .expect("Cognito takes a user");
        trial.undo(Undo::User(name.clone()));
        let token = users
            .id_token(pool, &name)
            .await
            .expect("Cognito gives a token");
        Self::with_token(trial, &token)
    }

    /// Whoever this token is for.
    #[must_use]
    pub fn with_token(trial: &Trial, token: &str) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(PATIENCE);
        Self {
            token: token.to_owned(),
            base_url: trial.stack.state.base_url.clone(),
            client: client.build().expect("a client without TLS needs nothing"),
        }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Loads a path as a browser does.
    pub async fn load(&self, path: &str) -> Seen {
        let browser = [
            ("authorization", format!("Bearer {}", self.token)),
            ("accept-language", "en-US,en;q=0.9".to_owned()),
            ("accept-encoding", "gzip, deflate, br, zstd".to_owned()),
            ("user-agent", "Mozilla/5.0 (X11; Linux x86_64)".to_owned()),
        ];
        self.send(Method::GET, path, &browser).await
    }

    /// Sends any request; nothing is added.
    pub async fn send(&self, method: Method, path: &str, headers: &[(&str, String)]) -> Seen {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let answer = request.send().await.expect("the distribution answers");
        Seen {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            body: answer
                .text()
                .await
                .expect("the distribution answers completely"),
        }
    }
}

impl Seen {
    /// A header as text, empty when absent.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// Whether the cache of the edge location answered.
    #[must_use]
    pub fn is_hit(&self) -> bool {
        self.header("x-cache").starts_with("Hit")
    }
}
