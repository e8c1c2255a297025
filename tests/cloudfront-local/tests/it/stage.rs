//! A stand-in on the fixture's template with an origin of the test's own.

mod origin;

use std::path::PathBuf;
use std::time::Duration;

use axum::http::HeaderMap;
use cloudfront_local::fault::Fault;
use cloudfront_local::{CloudFrontLocal, Entry, Filter, Options};
use serde_json::Value;

pub(crate) use origin::{Origin, Script};

/// Template of the fixture.
pub(crate) fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/cdk.out")
        .join(format!("{name}.template.json"))
}

pub(crate) struct Stage {
    pub(crate) cloudfront: CloudFrontLocal,
    pub(crate) origin: Origin,
    pub(crate) origin_url: String,
    pub(crate) client: reqwest::Client,
}

/// An answer of the data plane.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `Hit`, `Miss`, … of `X-Cache`.
    pub(crate) fn cache(&self) -> &str {
        self.header("x-cache").split(' ').next().unwrap()
    }
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Options)) -> Self {
        let origin = Origin::default();
        let address = origin.clone().start().await;
        let mut options = Options::for_templates(vec![fixture("Distribution"), fixture("Edge")]);
        options.origins = vec![format!("*=http://{address}").parse().unwrap()];
        options.parameters = vec![("ApiDomain".to_owned(), "api.example.com".to_owned())];
        options.seed = Some(1);
        change(&mut options);
        let cloudfront = CloudFrontLocal::start(options).await.unwrap();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            cloudfront,
            origin,
            origin_url: format!("http://{address}"),
            client,
        }
    }

    pub(crate) fn distribution(&self) -> String {
        self.cloudfront.ready().distributions[0].id.clone()
    }

    pub(crate) async fn get(&self, target: &str, headers: &[(&str, &str)]) -> Seen {
        let url = format!("{}{target}", self.cloudfront.ready().distributions[0].url);
        let mut request = self.client.get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Seen {
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    /// Any request.
    pub(crate) async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> Seen {
        let url = format!("{}{target}", self.cloudfront.ready().distributions[0].url);
        let mut request = self.client.request(method.parse().unwrap(), url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Seen {
            status,
            headers,
            body: response.text().await.unwrap(),
        }
    }

    /// Steps the model's clock.
    pub(crate) async fn pass(&self, seconds: u64) {
        let step = serde_json::json!({"ms": seconds * 1000});
        self.control("POST", "/clock/advance", step).await;
    }

    /// A GET by a user of a tenant.
    pub(crate) async fn get_as(&self, tenant: &str, target: &str) -> Seen {
        self.get(target, &[("authorization", &format!("Bearer {tenant}"))])
            .await
    }

    /// A call of the CloudFront API: status and XML.
    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let url = format!(
            "{}/2020-05-31/{path}",
            self.cloudfront.ready().control_plane
        );
        let request = self
            .client
            .request(method.parse().unwrap(), url)
            .body(body.to_owned());
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Creates an invalidation; gives status and XML.
    pub(crate) async fn invalidate(&self, reference: &str, items: &[&str]) -> (u16, String) {
        let path = format!("distribution/{}/invalidation", self.distribution());
        self.call("POST", &path, &batch(reference, items)).await
    }

    /// Waits until an invalidation reads `Completed`.
    pub(crate) async fn completed(&self, id: &str) {
        let path = format!("distribution/{}/invalidation/{id}", self.distribution());
        eventually("the invalidation completes", async || {
            let (_, xml) = self.call("GET", &path, "").await;
            element(&xml, "Status") == "Completed"
        })
        .await;
    }

    /// Creates an invalidation and waits for it.
    pub(crate) async fn purge(&self, reference: &str, items: &[&str]) {
        let (status, xml) = self.invalidate(reference, items).await;
        assert_eq!(status, 201, "{xml}");
        self.completed(element(&xml, "Id")).await;
    }

    pub(crate) fn fault(&self, fault: Value) -> u64 {
        let fault: Fault = serde_json::from_value(fault).unwrap();
        self.cloudfront.add_fault(fault)
    }

    pub(crate) fn history(&self, filter: Value) -> Vec<Entry> {
        let filter: Filter = serde_json::from_value(filter).unwrap();
        self.cloudfront.history(&filter)
    }

    /// A request to the control port: status and JSON.
    pub(crate) async fn control(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}{path}", self.cloudfront.ready().control);
        let request = self
            .client
            .request(method.parse().unwrap(), url)
            .body(body.to_string());
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    }
}

pub(crate) fn batch(reference: &str, items: &[&str]) -> String {
    let quantity = items.len();
    let items: Vec<String> = items
        .iter()
        .map(|item| format!("<Path>{}</Path>", item.replace('&', "&amp;")))
        .collect();
    let items = items.concat();
    format!(
        "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\"><Paths><Quantity>{quantity}</Quantity>\
         <Items>{items}</Items></Paths><CallerReference>{reference}</CallerReference></InvalidationBatch>"
    )
}

/// The text of the first element of this name.
pub(crate) fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let start = xml
        .find(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name} in {xml}"))
        + name.len()
        + 2;
    let end = xml[start..].find("</").unwrap();
    &xml[start..start + end]
}

/// Asks again until it holds, for ten seconds.
pub(crate) async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("not within ten seconds: {what}");
}

/// The fixture's main template with a changed `DistributionConfig`.
pub(crate) fn changed(name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    write_template(name, |body| {
        change(&mut body["Resources"]["Distribution"]["Properties"]["DistributionConfig"]);
    })
}

/// The fixture's main template with more resources.
pub(crate) fn with_resources(name: &str, resources: &Value) -> PathBuf {
    write_template(name, |body| {
        for (id, resource) in resources.as_object().unwrap() {
            body["Resources"][id] = resource.clone();
        }
    })
}

pub(crate) fn write_template(name: &str, change: impl FnOnce(&mut Value)) -> PathBuf {
    let mut body: Value =
        serde_json::from_str(&std::fs::read_to_string(fixture("Distribution")).unwrap()).unwrap();
    change(&mut body);
    // Templates refer to stacks by file name: each test has a folder of its own.
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("templates")
        .join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("Distribution.template.json");
    std::fs::write(&path, body.to_string()).unwrap();
    path
}
