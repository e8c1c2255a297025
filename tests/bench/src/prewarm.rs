//! Many endpoints through one process: how near to the shortest possible time, at what cost in
//! processor time and memory.

pub mod contender;
pub mod edge;
pub mod function;
mod matrix;
mod memory;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Barrier;

use self::contender::{Job, Peer, Took, curl};
use self::edge::{Answers, Asked, Edge, TENANT};
use self::function::Function;
use crate::authority::Authority;
use crate::bench::Bench;
use crate::error::{BenchError, During};
use crate::part::Part;
use crate::services::id_token;

/// Size of a usual body.
const SMALL_BODY: usize = 2 * 1024;
/// Most memory that the function may take, in MiB.
const MOST_PEAK: f64 = 12.0;
/// Longest time of one request, in seconds.
const TIMEOUT: u64 = 110;

const METHOD: &str = "\
Each contestant requests the same list of paths, with the same headers and the same number of \
requests at a time (5 for 5 endpoints, 10 for 50, and 40 for 1,000: each divides the endpoints, \
so that the ideal can be reached), from a stand-in for an edge location that takes the origin's \
time for the first answer of a path and gives 2 KiB of JSON; all read each body to its end and \
drop it. Time runs from the order to a process that is ready (interpreter started, libraries \
loaded) to its last answer; curl, which is started for each job, from its start to its end. The \
ideal is the slowest answer of the origin, or all of its time over the concurrency, whichever is \
more, as the stand-in measured it in the same job: that its timer comes a millisecond late is \
nobody's loss. warmfront is the shipping binary, driven through the Lambda Runtime API with the \
two events that the state machine sends: within their time it also logs in (Secrets Manager and \
Cognito answer at once), checks status, version, age and tenant of each answer, finds the \
tenant's name at the end of each body, requests each path a second time to see that it is cached, \
writes a log line for each, and makes the report. So it sends two requests where the peers send \
one: processor time is given for 1,000 requests and for 1,000 endpoints. \"http\" is plain \
HTTP/1.1; \"tls\" is TLS with HTTP/2, except for aiohttp, which has HTTP/1.1 only. Jobs of a \
second and more run side by side, as they mostly wait, and begin one after the other; the others \
run one at a time. Times are held against a target where the ideal is about a second or more: \
below, login and first connection are most of what is beyond it.";

/// Measures it.
pub async fn measure(bench: &Bench) -> Result<Part, BenchError> {
    let mut part = Part::new("prewarm", METHOD);
    let field = Field::new(bench)?;
    matrix::measure(bench, &field, &mut part).await?;
    memory::measure(bench, &field, &mut part).await?;
    Ok(part)
}

/// Who does a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Contestant {
    Warmfront,
    Aiohttp,
    Httpx,
    Undici,
    Curl,
}

impl Contestant {
    const ALL: [Self; 5] = [
        Self::Warmfront,
        Self::Aiohttp,
        Self::Httpx,
        Self::Undici,
        Self::Curl,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Warmfront => "warmfront",
            Self::Aiohttp => "python aiohttp",
            Self::Httpx => "python httpx",
            Self::Undici => "node undici",
            Self::Curl => "curl",
        }
    }

    /// httpx is there for HTTP/2, which aiohttp lacks; for HTTP/1.1 aiohttp is the faster one.
    fn takes_part(self, transport: Transport) -> bool {
        self != Self::Httpx || transport == Transport::Tls
    }
}

/// What requests travel over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Http,
    Tls,
}

impl Transport {
    const ALL: [Self; 2] = [Self::Http, Self::Tls];

    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Tls => "tls",
        }
    }
}

/// Where jobs are done: the programs, and what all jobs share.
struct Field {
    binary: PathBuf,
    python: PathBuf,
    peers: PathBuf,
    folder: PathBuf,
    authority: Authority,
    contract: Value,
}

/// When a job may begin that runs beside others: some time after everyone is ready.
#[derive(Clone, Copy, Debug)]
struct Begin<'a> {
    everyone: &'a Barrier,
    turn: Duration,
}

impl Begin<'_> {
    #[expect(clippy::disallowed_methods, reason = "lets the others begin first")]
    async fn wait(self) {
        self.everyone.wait().await;
        tokio::time::sleep(self.turn).await;
    }
}

/// One job that was done.
#[derive(Clone, Copy, Debug)]
struct Done {
    took: Took,
    asked: Asked,
    concurrency: usize,
}

impl Done {
    fn over_ideal(&self) -> f64 {
        self.took.wall.as_secs_f64() / self.ideal().as_secs_f64()
    }

    /// In milliseconds.
    fn beyond_ideal(&self) -> f64 {
        (self.took.wall.as_secs_f64() - self.ideal().as_secs_f64()) * 1000.0
    }

    fn ideal(&self) -> Duration {
        self.asked.ideal(self.concurrency)
    }

    /// Milliseconds of processor time, if this many had been a thousand.
    fn cpu_for_thousand(&self, many: u32) -> f64 {
        self.took.cpu.as_secs_f64() * 1_000_000.0 / f64::from(many)
    }
}

impl Field {
    fn new(bench: &Bench) -> Result<Self, BenchError> {
        let folder = bench.folder().join("prewarm");
        Ok(Self {
            binary: bench.function("prewarm"),
            python: bench.python(),
            peers: bench.peers(),
            authority: Authority::new(&folder)?,
            contract: serde_json::from_str(include_str!("../../../shared/contract.json"))
                .during(|| "the contract is no JSON".to_owned())?,
            folder,
        })
    }

    async fn edge(&self, answers: Answers, transport: Transport) -> Result<Edge, BenchError> {
        let authority = match transport {
            Transport::Http => None,
            Transport::Tls => Some(&self.authority),
        };
        let edge = Edge::start(answers, authority).await;
        edge.during(|| "the edge could not be served".to_owned())
    }

    fn job(&self, edge: &Edge, endpoints: usize, concurrency: usize) -> Job {
        let bearer = format!("Bearer {}", id_token());
        let headers = [
            ("accept", "application/json"),
            ("accept-encoding", "gzip, deflate, br, zstd"),
            (
                "user-agent",
                concat!("Warmfront/", env!("CARGO_PKG_VERSION")),
            ),
            ("authorization", &bearer),
        ];
        Job {
            base: edge.base.clone(),
            paths: (0..endpoints)
                .map(|number| path(number).replace("{tenant}", TENANT))
                .collect(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            concurrency,
            timeout: TIMEOUT,
            authority: self.authority.file.clone(),
        }
    }

    /// The contract with these endpoints, in one variant. With a pointer, each body is searched.
    fn contract(&self, endpoints: usize, pointer: bool) -> Value {
        let mut contract = self.contract.clone();
        let listed = (0..endpoints).map(|number| {
            let mut endpoint = json!({
                "path": path(number), "timeout": format!("{TIMEOUT}s"), "required": true,
            });
            if pointer {
                endpoint["tenantPointer"] = "/organization".into();
            }
            endpoint
        });
        contract["endpoints"] = listed.collect();
        contract["variants"] = json!([]);
        contract["scopes"] = json!({});
        contract["cacheKey"]["headers"] = json!(["x-organization-id"]);
        let sections = contract.as_object_mut().expect("a contract is an object");
        sections.remove("probe");
        contract
    }

    async fn function(&self, job: &Job, pointer: bool) -> Result<Function, BenchError> {
        let contract = self.contract(job.paths.len(), pointer);
        Function::start(&self.binary, &self.folder, &contract, job).await
    }

    /// Does one job with a new process and a new, empty edge.
    async fn run(
        &self,
        contestant: Contestant,
        transport: Transport,
        answers: Answers,
        (endpoints, concurrency): (usize, usize),
        begin: Begin<'_>,
    ) -> Result<Done, BenchError> {
        let edge = self.edge(answers, transport).await?;
        let job = self.job(&edge, endpoints, concurrency);
        let took = match contestant {
            Contestant::Warmfront => {
                let mut function = self.function(&job, true).await?;
                begin.wait().await;
                function.warm(&job).await?
            }
            Contestant::Curl => {
                let folder = self.folder.clone();
                begin.wait().await;
                blocking(move || curl(&job, &folder)).await?
            }
            Contestant::Aiohttp => {
                self.peer(&self.python, "aiohttp_peer.py", job, begin)
                    .await?
            }
            Contestant::Httpx => self.peer(&self.python, "httpx_peer.py", job, begin).await?,
            Contestant::Undici => {
                self.peer("node".as_ref(), "undici_peer.mjs", job, begin)
                    .await?
            }
        };
        Ok(Done {
            took,
            asked: edge.asked(),
            concurrency,
        })
    }

    async fn peer(
        &self,
        program: &Path,
        script: &str,
        job: Job,
        begin: Begin<'_>,
    ) -> Result<Took, BenchError> {
        let program = program.to_owned();
        let script = self.peers.join("prewarm").join(script);
        let authority = job.authority.clone();
        let peer = blocking(move || Peer::start(&program, &[&script, &authority])).await?;
        begin.wait().await;
        blocking(move || peer.done(&job)).await
    }
}

fn path(number: usize) -> String {
    format!("/api/r{number}?organization={{tenant}}")
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BenchError> + Send + 'static,
) -> Result<T, BenchError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.expect("measuring does not panic")
}

fn mebibytes(bytes: u64) -> f64 {
    let kibibytes = u32::try_from(bytes / 1024).expect("it is less than 4 TiB");
    f64::from(kibibytes) / 1024.0
}
