//! A stand-in for the edge location: one cache, an origin that takes its time, and acts that are
//! scripted for the next requests to a path.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use prewarm::fetch::{BodyWatch, Broken, Fetch, Get, Head};
use secrecy::ExposeSecret;
use tokio::time::Instant;
use warmfront::clock::Clock;

pub(crate) use crate::act::{Act, status, with};
use crate::world::VirtualClock;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) language: String,
    pub(crate) token: String,
    pub(crate) cookie: String,
    pub(crate) at: Duration,
    pub(crate) running: usize,
}

#[derive(Clone, Debug)]
struct Object {
    stored_at: Timestamp,
    version: String,
    tenant: String,
}

#[derive(Debug)]
pub(crate) struct State {
    objects: HashMap<(String, String), Object>,
    pub(crate) acts: HashMap<(String, &'static str), VecDeque<Act>>,
    /// What happens to every request that no act is scripted for.
    pub(crate) otherwise: Act,
    pub(crate) asked: Vec<Asked>,
    running: usize,
    fills: usize,
    pub(crate) most_running: usize,
    /// Data version of the origin.
    pub(crate) version: u64,
    pub(crate) origin_time: Duration,
    /// Tenant that the origin's bodies name.
    pub(crate) tenant: String,
    pub(crate) cacheable: bool,
    /// Tokens other than this one are refused, if set.
    pub(crate) accepts: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) state: Arc<Mutex<State>>,
    clock: VirtualClock,
    began: Instant,
}

impl Edge {
    pub(crate) fn new(clock: VirtualClock) -> Self {
        Self {
            state: Arc::new(Mutex::new(State {
                objects: HashMap::new(),
                acts: HashMap::new(),
                otherwise: Act::Serve,
                asked: Vec::new(),
                running: 0,
                fills: 0,
                most_running: 0,
                version: 7,
                origin_time: Duration::from_secs(3),
                tenant: "acme".into(),
                cacheable: true,
                accepts: None,
            })),
            clock,
            began: Instant::now(),
        }
    }

    /// Scripts the next requests of the default variant to every path that begins like this.
    pub(crate) fn script(&self, path: &str, acts: &[Act]) {
        self.script_in("en", path, acts);
    }

    /// The same in another language.
    pub(crate) fn script_in(&self, language: &'static str, path: &str, acts: &[Act]) {
        let mut state = self.state.lock().unwrap();
        let key = (path.to_owned(), language);
        state
            .acts
            .entry(key)
            .or_default()
            .extend(acts.iter().cloned());
    }

    pub(crate) fn with_state(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(crate) fn purge(&self) {
        self.state.lock().unwrap().objects.clear();
    }

    /// Stores an object as a late fill would.
    pub(crate) fn store_late(&self, path: &str, language: &str, version: u64) {
        self.store(path, language, version, "acme");
    }

    /// Stores an object with this tenant's data.
    pub(crate) fn store(&self, path: &str, language: &str, version: u64, tenant: &str) {
        let object = Object {
            stored_at: self.clock.now(),
            version: version.to_string(),
            tenant: tenant.into(),
        };
        self.with_state(|state| {
            state
                .objects
                .insert((path.to_owned(), language.to_owned()), object);
        });
    }

    /// How often the origin was asked for something that was then stored.
    pub(crate) fn fills(&self) -> usize {
        self.state.lock().unwrap().fills
    }

    /// Time since the stand-in began.
    pub(crate) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    pub(crate) fn asked_for(&self, path: &str) -> Vec<Asked> {
        let mut asked = self.asked();
        asked.retain(|asked| asked.path.starts_with(path));
        asked
    }

    fn begin(&self, get: &Get<'_>) -> (Act, (String, String)) {
        let mut state = self.state.lock().unwrap();
        let header = |name: &str| {
            let value = get.headers.get(name).map(|value| value.to_str().unwrap());
            value.unwrap_or_default().to_owned()
        };
        state.running += 1;
        state.most_running = state.most_running.max(state.running);
        let asked = Asked {
            method: get.method.clone(),
            path: get.path.to_owned(),
            language: header("accept-language"),
            cookie: header("cookie"),
            token: get.token.expose_secret().to_owned(),
            at: self.began.elapsed(),
            running: state.running,
        };
        let key = (asked.path.clone(), asked.language.clone());
        let refused = state
            .accepts
            .as_ref()
            .is_some_and(|accepted| *accepted != asked.token);
        state.asked.push(asked);
        let scripted = state
            .acts
            .iter_mut()
            .find(|((path, language), acts)| {
                key.0.starts_with(path.as_str()) && key.1.starts_with(language) && !acts.is_empty()
            })
            .and_then(|(_, acts)| acts.pop_front());
        let act = match scripted {
            _ if refused => with(
                401,
                &[("x-cache", "LambdaGeneratedResponse from cloudfront")],
            ),
            Some(act) => act,
            None => state.otherwise.clone(),
        };
        (act, key)
    }

    async fn serve(&self, key: (String, String), time: Option<Duration>) -> (HeaderMap, String) {
        let now = self.clock.now();
        let (object, time, cacheable) = {
            let state = self.state.lock().unwrap();
            let object = state.objects.get(&key).cloned();
            (object, time.unwrap_or(state.origin_time), state.cacheable)
        };
        let (object, x_cache, age) = if let Some(object) = object {
            let age = now.duration_since(object.stored_at).as_secs().to_string();
            (object, "Hit from cloudfront", Some(age))
        } else {
            let (version, tenant) = {
                let state = self.state.lock().unwrap();
                (state.version.to_string(), state.tenant.clone())
            };
            pause(time).await;
            let object = Object {
                stored_at: self.clock.now(),
                version,
                tenant,
            };
            if cacheable {
                let mut state = self.state.lock().unwrap();
                state.fills += 1;
                state.objects.insert(key, object.clone());
            }
            (object, "Miss from cloudfront", None)
        };
        let body = format!(r#"{{"data":[1,2],"organization":"{}"}}"#, object.tenant);
        let mut pairs = vec![
            ("x-cache", x_cache.to_owned()),
            ("x-amz-cf-pop", "FRA56-P4".to_owned()),
            ("x-data-version", object.version),
        ];
        pairs.extend(age.map(|age| ("age", age)));
        (headers(pairs), body)
    }
}

/// Counts a request as running until it is answered or dropped.
struct Running(Arc<Mutex<State>>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.lock().unwrap().running -= 1;
    }
}

impl Fetch for Edge {
    async fn get(&self, get: Get<'_>, body: &mut BodyWatch) -> Result<Head, Broken> {
        let (act, key) = self.begin(&get);
        let looks = get.headers.contains_key("x-warmfront-look");
        let _running = Running(Arc::clone(&self.state));
        let sent = Instant::now();
        let is_cached = self.state.lock().unwrap().objects.contains_key(&key);
        let (status, headers, text) = match act {
            // What the functions at the edge do for a run that only looks.
            Act::Serve if looks && !is_cached => (204, missing(), String::new()),
            Act::Serve => {
                let (headers, text) = self.serve(key, None).await;
                (200, headers, text)
            }
            Act::Slow(time) => {
                let (headers, text) = self.serve(key, Some(time)).await;
                (200, headers, text)
            }
            Act::Answer(status, pairs, text) => {
                // No network answers while it is being asked.
                tokio::task::yield_now().await;
                (status, headers(pairs), text.to_owned())
            }
            Act::Hang => std::future::pending().await,
            Act::Break => return Err(Broken::request("the answer broke off: reset")),
            Act::Lose => return Err(Broken::connection("the answer broke off: reset")),
        };
        body.begin(&headers);
        if get.method == Method::GET {
            body.chunk(text.as_bytes());
        }
        Ok(Head {
            status: StatusCode::from_u16(status).unwrap(),
            headers,
            waited: sent.elapsed(),
        })
    }
}

fn missing() -> HeaderMap {
    headers(vec![
        (
            "x-cache",
            "LambdaGeneratedResponse from cloudfront".to_owned(),
        ),
        ("x-warmfront-look", "missing".to_owned()),
    ])
}

fn headers(pairs: Vec<(&'static str, String)>) -> HeaderMap {
    let pair = |(name, value): (&'static str, String)| {
        (
            HeaderName::from_static(name),
            HeaderValue::try_from(value).unwrap(),
        )
    };
    pairs.into_iter().map(pair).collect()
}

#[expect(clippy::disallowed_methods, reason = "virtual time of a stand-in")]
pub(crate) async fn pause(time: Duration) {
    tokio::time::sleep(time).await;
}
