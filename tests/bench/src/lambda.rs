//! A stand-in for Lambda: the Runtime API, with the time of everything that passes through it.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::error::{BenchError, During};

/// How long a function may take for anything that is measured here: the longest job takes 50 s.
const PATIENCE: Duration = Duration::from_mins(2);
/// What the function is told of its time.
const FUNCTION_TIMEOUT: Duration = Duration::from_mins(15);

/// One Runtime API, for one process. Ends when dropped.
#[derive(Debug)]
pub struct Lambda {
    /// Host and port, as the process is told.
    pub address: String,
    events: mpsc::UnboundedSender<Bytes>,
    passed: mpsc::UnboundedReceiver<Passed>,
    serving: JoinHandle<()>,
}

/// One invocation, from the event's leaving to the answer's arrival.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// How long it took.
    pub took: Duration,
    /// What the function answered.
    pub answer: Bytes,
}

/// What passed through the API.
#[derive(Debug)]
enum Passed {
    /// The process asked for an event.
    Asked(Instant),
    /// It was given one.
    Given(Instant),
    /// It answered.
    Answered(Instant, Bytes),
    /// It said that it failed.
    Failed(Bytes),
}

struct Api {
    next: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    passed: mpsc::UnboundedSender<Passed>,
}

impl Lambda {
    /// Listens on a free port.
    pub async fn start() -> Result<Self, BenchError> {
        let no_port = || "Lambda has no port".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.during(no_port)?;
        let port = listener.local_addr().during(no_port)?.port();
        let (events, next) = mpsc::unbounded_channel();
        let (pass, passed) = mpsc::unbounded_channel();
        let api = Arc::new(Api {
            next: Mutex::new(next),
            passed: pass,
        });
        Ok(Self {
            address: format!("127.0.0.1:{port}"),
            events,
            passed,
            serving: tokio::spawn(accept(listener, api)),
        })
    }

    /// When the process first asked for an event: it is ready.
    pub async fn ready(&mut self) -> Result<Instant, BenchError> {
        match self.passed().await? {
            Passed::Asked(at) => Ok(at),
            Passed::Failed(answer) => Err(failed(&answer)),
            other => Err(BenchError::new(format!("out of order: {other:?}"))),
        }
    }

    /// Has the process, which waits, handle an event, and waits until it waits again.
    pub async fn invoke(&mut self, event: Bytes) -> Result<Invocation, BenchError> {
        self.events
            .send(event)
            .during(|| "Lambda has ended".into())?;
        let mut given = None;
        let invocation = loop {
            match (self.passed().await?, given) {
                (Passed::Given(at), _) => given = Some(at),
                (Passed::Answered(at, answer), Some(given)) => {
                    break Invocation {
                        took: at - given,
                        answer,
                    };
                }
                (Passed::Failed(answer), _) => return Err(failed(&answer)),
                (other, _) => return Err(BenchError::new(format!("out of order: {other:?}"))),
            }
        };
        self.ready().await?;
        Ok(invocation)
    }

    async fn passed(&mut self) -> Result<Passed, BenchError> {
        let passed = timeout(PATIENCE, self.passed.recv()).await;
        let passed = passed.during(|| "the function says nothing".into())?;
        passed.ok_or_else(|| BenchError::new("Lambda has ended"))
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn failed(answer: &Bytes) -> BenchError {
    let said = String::from_utf8_lossy(answer);
    BenchError::new(format!("the function failed: {said:.800}"))
}

async fn accept(listener: TcpListener, api: Arc<Api>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        let api = Arc::clone(&api);
        let service = service_fn(move |request| {
            let api = Arc::clone(&api);
            async move { Ok::<_, Infallible>(api.answer(request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

impl Api {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() == Method::GET {
            return self.next().await;
        }
        let failed = request.uri().path().ends_with("/error");
        let body = request.into_body().collect().await;
        let body = body
            .map(http_body_util::Collected::to_bytes)
            .unwrap_or_default();
        self.pass(if failed {
            Passed::Failed(body)
        } else {
            Passed::Answered(Instant::now(), body)
        });
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::ACCEPTED;
        response
    }

    async fn next(&self) -> Response<Full<Bytes>> {
        self.pass(Passed::Asked(Instant::now()));
        // A long poll, as Lambda's.
        let event = self.next.lock().await.recv().await.unwrap_or_default();
        let deadline = Timestamp::now() + FUNCTION_TIMEOUT;
        let response = Response::builder()
            .header("content-type", "application/json")
            .header(
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            )
            .header("lambda-runtime-deadline-ms", deadline.as_millisecond())
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:111122223333:function:bench",
            )
            .header(
                "lambda-runtime-trace-id",
                "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0",
            )
            .body(Full::new(event))
            .expect("the headers are valid");
        self.pass(Passed::Given(Instant::now()));
        response
    }

    fn pass(&self, passed: Passed) {
        // Nobody listens any more when the process is killed in the midst of something.
        self.passed.send(passed).ok();
    }
}
