//! An origin that answers as a test says, and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

/// How the origin answers a path.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) delay: Duration,
}

impl Script {
    pub(crate) fn ok(body: &str) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.to_owned(),
            delay: Duration::ZERO,
        }
    }

    pub(crate) fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    pub(crate) fn slow(self, millis: u64) -> Self {
        Self {
            delay: Duration::from_millis(millis),
            ..self
        }
    }

    pub(crate) fn typed(self, kind: &str) -> Self {
        self.header("content-type", kind)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What the origin was asked.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
}

#[derive(Clone, Default)]
pub(crate) struct Origin {
    scripts: Arc<Mutex<HashMap<String, Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Origin {
    pub(crate) fn answers(&self, path: &str, script: Script) {
        self.scripts.lock().unwrap().insert(path.to_owned(), script);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(crate) async fn start(self) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = axum::Router::new().fallback(answer).with_state(self);
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        address
    }
}

async fn answer(State(origin): State<Origin>, request: Request) -> Response {
    let target = request.uri().path_and_query().unwrap().to_string();
    let headers = request.headers().clone();
    origin.asked.lock().unwrap().push(Asked {
        target,
        headers: headers.clone(),
    });
    let script = origin
        .scripts
        .lock()
        .unwrap()
        .get(request.uri().path())
        .cloned();
    let script = script.unwrap_or_else(|| Script::ok("default"));
    tokio::time::sleep(script.delay).await;
    let etag = script
        .headers
        .iter()
        .find(|(name, _)| name == "etag")
        .map(|(_, value)| value.clone());
    let asked = headers
        .get("if-none-match")
        .map(|value| value.to_str().unwrap().to_owned());
    let mut response = if etag.is_some() && etag == asked {
        axum::http::StatusCode::NOT_MODIFIED.into_response()
    } else {
        (
            axum::http::StatusCode::from_u16(script.status).unwrap(),
            script.body,
        )
            .into_response()
    };
    for (name, value) in script.headers {
        let name: axum::http::HeaderName = name.parse().unwrap();
        if name == axum::http::header::CONTENT_TYPE {
            response.headers_mut().remove(&name);
        }
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}
