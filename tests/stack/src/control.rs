//! A client of the parts' control ports: JSON over loopback HTTP.

use reqwest::Method;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{error::StackError, http_client};

/// One part's control port.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    part: &'static str,
    endpoint: String,
    client: reqwest::Client,
}

#[derive(Deserialize)]
struct Created {
    id: u64,
}

impl Control {
    pub(crate) fn at(part: &'static str, endpoint: &str) -> Self {
        Self {
            part,
            endpoint: endpoint.to_owned(),
            client: http_client::client(),
        }
    }

    pub(crate) fn part(&self) -> &'static str {
        self.part
    }

    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, StackError> {
        self.call(Method::GET, path, None).await
    }

    /// Adds something that the part names.
    pub(crate) async fn add(&self, path: &str, body: &impl Serialize) -> Result<u64, StackError> {
        let created: Created = self.post(path, body).await?;
        Ok(created.id)
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T, StackError> {
        self.call(Method::POST, path, Some(json(body))).await
    }

    pub(crate) async fn tell(&self, path: &str) -> Result<(), StackError> {
        self.send(Method::POST, path, None).await.map(drop)
    }

    pub(crate) async fn put(&self, path: &str, body: &impl Serialize) -> Result<(), StackError> {
        self.send(Method::PUT, path, Some(json(body)))
            .await
            .map(drop)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), StackError> {
        self.send(Method::DELETE, path, None).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<T, StackError> {
        let what = format!("read what {} answers to {method} {path}", self.part);
        let answer = self.send(method, path, body).await?;
        serde_json::from_slice(&answer)
            .map_err(|error| StackError::unusable(what, error.to_string()))
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Vec<u8>, StackError> {
        let what = format!("{method} {path} at {}'s control port", self.part);
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.endpoint));
        if let Some(body) = body {
            request = request
                .header("content-type", "application/json")
                .body(body);
        }
        let answer = request
            .send()
            .await
            .map_err(StackError::http(what.clone()))?;
        let status = answer.status();
        let body = answer
            .bytes()
            .await
            .map_err(StackError::http(what.clone()))?;
        if !status.is_success() {
            let text = String::from_utf8_lossy(&body);
            return Err(StackError::unusable(
                what,
                format!("it answered {status}: {text}"),
            ));
        }
        Ok(body.into())
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("control messages are plain data")
}
