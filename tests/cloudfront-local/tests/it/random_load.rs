//! Random load on the profile `rough`, for ten minutes. Run by hand:
//! `cargo build --release -p cloudfront-local`, then
//! `CLOUDFRONT_LOCAL=target/release/cloudfront-local cargo test -p cloudfront-local --test it random_load -- --ignored --nocapture`

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use serde_json::Value;

use crate::overhead::start_program;
use crate::stage::{batch, element};

const WORKERS: u64 = 8;
const KEYS: u64 = 40;
const SECONDS: u64 = 600;
const POPS: [&str; 4] = ["FRA56-P4", "DUB2-C1", "IAD89-P1", "NRT57-P1"];

/// The versions of all objects, as the origin has them.
#[derive(Clone, Default)]
struct Versions(Arc<Mutex<BTreeMap<String, u64>>>);

impl Versions {
    fn of(&self, path: &str) -> u64 {
        *self.0.lock().unwrap().entry(path.to_owned()).or_default()
    }

    fn raise(&self, path: &str) -> u64 {
        let mut all = self.0.lock().unwrap();
        let version = all.entry(path.to_owned()).or_default();
        *version += 1;
        *version
    }
}

/// The body of an object, from 200 bytes to 16 KiB; every part of it tells whose it is.
fn body(path: &str, version: u64) -> String {
    let line = format!("{path} {version}\n");
    let seed = path
        .bytes()
        .fold(version, |sum, byte| sum * 31 + u64::from(byte));
    line.repeat(10 + usize::try_from(seed % 800).unwrap())
}

async fn answer(State(versions): State<Versions>, request: Request) -> (HeaderMap, String) {
    let path = request.uri().path().to_owned();
    let version = versions.of(&path);
    // Fetches of variants last long enough for a purge to overtake them.
    let delay = if request.uri().query().is_some() {
        1_500
    } else {
        2
    };
    tokio::time::sleep(Duration::from_millis(delay)).await;
    let mut headers = HeaderMap::new();
    let tag = path.replace('/', "-");
    headers.insert("cache-tag", tag.parse().unwrap());
    headers.insert("cache-control", "max-age=86400".parse().unwrap());
    (headers, body(&path, version))
}

#[derive(Debug, Default)]
struct Counts {
    reads: AtomicU64,
    unanswered: AtomicU64,
    purges: AtomicU64,
    /// Purges that read `Completed`.
    completed: AtomicU64,
    /// Older than a purge that read `Completed` before the request began: each was a late fill.
    late: AtomicU64,
}

/// An invalidation on its way.
struct Running {
    id: String,
    path: String,
    version: u64,
    /// A variant that was fetched while the purge began, and where.
    variant: String,
    pop: &'static str,
}

/// One client, with objects of its own.
struct Worker {
    client: reqwest::Client,
    ready: Arc<Value>,
    versions: Versions,
    counts: Arc<Counts>,
    number: u64,
    /// Versions that no reader may be behind any more.
    floors: BTreeMap<String, u64>,
    running: Vec<Running>,
    rng: fastrand::Rng,
}

impl Worker {
    async fn run(mut self, until: Instant) {
        while Instant::now() < until {
            let path = format!("/open/{}-{}", self.number, self.rng.u64(..KEYS));
            match self.rng.u16(..1000) {
                0..=4 => {
                    let pop = self.pop();
                    let variant = format!("{path}?window={}", self.rng.u32(..));
                    let (fetched, ()) = tokio::join!(
                        self.purge(&path, &variant, pop),
                        self.read(&variant, pop, None)
                    );
                    self.running.extend(fetched);
                }
                5..=14 => self.ask_for_completion().await,
                _ => {
                    let pop = self.pop();
                    let part = (self.rng.u8(..10) == 0).then(|| self.rng.usize(1..150));
                    self.read(&path, pop, part).await;
                }
            }
        }
    }

    fn pop(&mut self) -> &'static str {
        POPS[self.rng.usize(..POPS.len())]
    }

    /// Reads an object or a variant of it, or its first bytes.
    async fn read(&self, target: &str, pop: &str, part: Option<usize>) {
        let path = target.split('?').next().unwrap();
        let floor = self.floors.get(path).copied().unwrap_or_default();
        let url = format!("{}{target}", text(&self.ready["distributions"][0]["url"]));
        let mut request = self.client.get(url).header("x-cloudfront-local-pop", pop);
        if let Some(end) = part {
            request = request.header("range", format!("bytes=0-{}", end - 1));
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        if status == 504 {
            // A machine that is busy elsewhere: the origin had two seconds.
            self.counts.unanswered.fetch_add(1, Ordering::Relaxed);
            return;
        }
        // The origin does not know ranges: what is not cached is answered whole.
        let part = part.filter(|_| status != 200);
        assert_eq!(status, if part.is_some() { 206 } else { 200 }, "{path}");
        let seen = response.text().await.unwrap();
        self.counts.reads.fetch_add(1, Ordering::Relaxed);
        let first = seen.lines().next().unwrap();
        let Some(version) = first.strip_prefix(&format!("{path} ")) else {
            let is_cut = part.is_some() && format!("{path} ").starts_with(first);
            assert!(is_cut, "{path} was answered with {first:?}");
            return;
        };
        if part.is_some() && !seen.contains('\n') {
            return;
        }
        let version: u64 = version.parse().unwrap();
        let whole = body(path, version);
        let expected = &whole[..part.unwrap_or(whole.len()).min(whole.len())];
        assert_eq!(seen, expected, "{path} has the body of another");
        if version < floor {
            self.is_late_fill(path, pop, floor, version).await;
        }
    }

    /// Only a copy that the stand-in itself calls late may be older than a purge that is done.
    async fn is_late_fill(&self, path: &str, pop: &str, floor: u64, version: u64) {
        let url = format!("{}/cache?path={path}", text(&self.ready["control"]));
        let copies = self.client.get(url).send().await.unwrap();
        let copies: Value = serde_json::from_str(&copies.text().await.unwrap()).unwrap();
        let mut all = copies.as_array().unwrap().iter();
        let is_late = all.any(|copy| copy["key"]["path"] == path && copy["late"] == true);
        assert!(
            is_late,
            "{path} in {pop}: version {version} after the purge of {floor} was done; {copies}"
        );
        self.counts.late.fetch_add(1, Ordering::Relaxed);
    }

    /// Raises the version and purges by tag, a little after somebody began to fetch a variant. A refusal of the profile
    /// `rough` leaves the old objects in place.
    async fn purge(&self, path: &str, variant: &str, pop: &'static str) -> Option<Running> {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let version = self.versions.raise(path);
        let item = format!("#{}", path.replace('/', "-"));
        let reference = format!("{path}-{version}");
        let request = self.client.post(self.invalidations());
        let request = request.body(batch(&reference, &[&item]));
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let xml = response.text().await.unwrap();
        if status != 201 {
            assert!(xml.contains("Throttling") || status == 503, "{xml}");
            return None;
        }
        self.counts.purges.fetch_add(1, Ordering::Relaxed);
        Some(Running {
            id: element(&xml, "Id").to_owned(),
            path: path.to_owned(),
            version,
            variant: variant.to_owned(),
            pop,
        })
    }

    async fn ask_for_completion(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let one = self.running.remove(0);
        let url = format!("{}/{}", self.invalidations(), one.id);
        let response = self.client.get(url).send().await.unwrap();
        let is_told = response.status() == 200;
        let xml = response.text().await.unwrap();
        if is_told && element(&xml, "Status") == "Completed" {
            let floor = self.floors.entry(one.path).or_default();
            *floor = one.version.max(*floor);
            self.counts.completed.fetch_add(1, Ordering::Relaxed);
            self.read(&one.variant, one.pop, None).await;
        } else {
            self.running.push(one);
        }
    }

    fn invalidations(&self) -> String {
        let (plane, id) = (
            &self.ready["controlPlane"],
            &self.ready["distributions"][0]["id"],
        );
        let (plane, id) = (text(plane), text(id));
        format!("{plane}/2020-05-31/distribution/{id}/invalidation")
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// Resident memory of a process, in MiB.
fn memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes.unwrap().parse::<u64>().unwrap() / 1024
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes ten minutes, run by hand"]
async fn no_wrong_body_no_stale_read_and_no_growth() {
    let versions = Versions::default();
    let router = axum::Router::new()
        .fallback(answer)
        .with_state(versions.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let (child, ready) = start_program(&origin, &["--profile", "rough"]).await;
    let (ready, process) = (Arc::new(ready), child.id().unwrap());
    let seconds = std::env::var("SECONDS").ok();
    let seconds = seconds.map_or(SECONDS, |text| text.parse().unwrap());
    let counts = Arc::new(Counts::default());
    let begun = Instant::now();
    let until = begun + Duration::from_secs(seconds);
    let workers = (0..WORKERS).map(|number| {
        let worker = Worker {
            client: reqwest::Client::new(),
            ready: Arc::clone(&ready),
            versions: versions.clone(),
            counts: Arc::clone(&counts),
            number,
            floors: BTreeMap::new(),
            running: Vec::new(),
            rng: fastrand::Rng::new(),
        };
        tokio::spawn(worker.run(until))
    });
    let workers: Vec<_> = workers.collect();
    let mut sizes = Vec::new();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(seconds) / 5).await;
        sizes.push(memory(process));
        println!("{:?}: {} MiB, {counts:?}", begun.elapsed(), memory(process));
    }
    for worker in workers {
        worker.await.unwrap();
    }
    // By then the history is full; what grows on is a leak.
    assert!(
        sizes[4] <= sizes[1] + sizes[1] / 10 + 4,
        "memory grows: {sizes:?}"
    );
    let least = [&counts.completed, &counts.late].map(|count| count.load(Ordering::Relaxed));
    assert!(
        least.iter().all(|count| *count > 0),
        "nothing was tested: {counts:?}"
    );
}
