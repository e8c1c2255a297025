//! The shipping binary of *prewarm*, driven as Lambda does it, through the Runtime API. What it
//! asks of AWS is answered at once.

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

use super::contender::{Job, Took, all_good};
use super::edge::{TENANT, VERSION};
use crate::child::Running;
use crate::error::{BenchError, During};

/// Longest time that Lambda gives a function.
const LONGEST: Duration = Duration::from_mins(15);
/// How long a process may take to ask for its first event.
const START: Duration = Duration::from_secs(10);

/// A process of the function, waiting for its next event.
#[derive(Debug)]
pub struct Function {
    process: Running,
    lambda: Arc<Lambda>,
    serving: JoinHandle<()>,
}

/// The Runtime API, and the two services that the function logs in with.
#[derive(Debug)]
struct Lambda {
    events: mpsc::UnboundedSender<String>,
    next: Mutex<mpsc::UnboundedReceiver<String>>,
    asked_for_next: mpsc::UnboundedSender<()>,
    waiting: Mutex<mpsc::UnboundedReceiver<()>>,
    answers: mpsc::UnboundedSender<Answer>,
    answered: Mutex<mpsc::UnboundedReceiver<Answer>>,
    token: String,
}

#[derive(Debug)]
struct Answer {
    at: Instant,
    failed: bool,
    body: Bytes,
}

impl Function {
    /// Starts a process with a contract that lists the paths of `job`, and waits until it is ready.
    /// `token` is what the login gives; `pointer` is where bodies name the tenant.
    pub async fn start(
        binary: &Path,
        folder: &Path,
        contract: &Value,
        job: &Job,
        token: &str,
    ) -> Result<Self, BenchError> {
        let failed = || "the Runtime API could not be served".to_owned();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.during(failed)?;
        let port = listener.local_addr().during(failed)?.port();
        let lambda = Arc::new(Lambda::new(token));
        let serving = tokio::spawn(serve(listener, Arc::clone(&lambda)));

        let task_root = folder.join(format!("task-{port}"));
        fs::create_dir_all(&task_root)
            .and_then(|()| fs::write(task_root.join("contract.json"), contract.to_string()))
            .during(|| format!("{} could not be written", task_root.display()))?;
        let mut process = Running::spawn(&mut command(binary, port, &task_root, job))?;
        let mut log = process.child().stdout.take().expect("it is piped");
        std::thread::spawn(move || io::copy(&mut log, &mut io::sink()));
        let ready = tokio::time::timeout(START, lambda.is_waiting()).await;
        fs::remove_dir_all(&task_root)
            .during(|| format!("{} could not be removed", task_root.display()))?;
        ready.during(|| format!("{} did not ask for an event", binary.display()))?;
        Ok(Self {
            process,
            lambda,
            serving,
        })
    }

    /// Has it do a job as the state machine does: the gate, which logs in, and then the requests.
    /// What both took together.
    pub async fn warm(&self, job: &Job) -> Result<Took, BenchError> {
        let input = json!({ "tenant": TENANT, "expectedVersion": VERSION });
        let gate = json!({
            "action": "preflight",
            "input": input,
            "state": input,
            "retryCount": 0,
            "execution": { "Id": "bench" },
        });
        let (passed, before) = self.invoke(&gate).await?;

        let now = Timestamp::now();
        let purged = now.saturating_sub(Duration::from_mins(1));
        let purged = purged.during(|| "the clock is at its beginning".to_owned())?;
        let requests = json!({
            "action": "prewarm",
            "run": passed["run"],
            "progress": passed["progress"],
            "invalidation": {
                "id": "IBENCH", "target": { "distribution": "EBENCH" },
                "items": [format!("#tenant:{TENANT}")], "ordinal": 1, "redriveCount": 0,
                "createTime": purged.to_string(), "status": "Completed", "seconds": 5,
                "timedOut": false, "settled": true,
            },
            "retryCount": 0,
            "execution": { "Id": "bench" },
        });
        let (answer, took) = self.invoke(&requests).await?;
        let fresh = answer["report"]["totals"]["fresh"].as_u64();
        let fresh = fresh.and_then(|fresh| usize::try_from(fresh).ok());
        all_good(fresh.unwrap_or_default(), job)
            .during(|| format!("the function answered {answer:.500}"))?;
        Ok(Took {
            wall: before.wall + took.wall,
            cpu: before.cpu + took.cpu,
            peak: took.peak,
        })
    }

    async fn invoke(&self, event: &Value) -> Result<(Value, Took), BenchError> {
        let cpu = self.process.cpu()?;
        let event = event.to_string();
        let began = Instant::now();
        let answer = tokio::time::timeout(LONGEST, self.lambda.answer_to(event)).await;
        let answer = answer.during(|| "the function did not answer".to_owned())?;
        let took = Took {
            wall: answer.at - began,
            cpu: self.process.cpu()?.saturating_sub(cpu),
            peak: self.process.peak()?,
        };
        let text = String::from_utf8_lossy(&answer.body);
        if answer.failed {
            return Err(BenchError::new(format!("the function failed: {text:.500}")));
        }
        let value = serde_json::from_str(&text).during(|| "an answer is no JSON".to_owned())?;
        self.lambda.is_waiting().await;
        Ok((value, took))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn command(binary: &Path, port: u16, task_root: &Path, job: &Job) -> Command {
    let own = format!("127.0.0.1:{port}");
    let service = format!("http://{own}");
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", own)
        .env("AWS_LAMBDA_FUNCTION_NAME", "prewarm")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/prewarm")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "bench")
        .env("AWS_REGION", "eu-central-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "example")
        .env("AWS_ENDPOINT_URL_SECRETS_MANAGER", &service)
        .env("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER", &service)
        .env("LAMBDA_TASK_ROOT", task_root)
        .env("BASE_URL", &job.base)
        .env("SECRET_ID", "prewarmer")
        .env("USER_POOL_ID", "eu-central-1_Bench")
        .env("CLIENT_ID", "bench")
        .env("PREWARM_CONCURRENCY", job.concurrency.to_string())
        .env("SSL_CERT_FILE", &job.authority)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

impl Lambda {
    fn new(token: &str) -> Self {
        let (events, next) = mpsc::unbounded_channel();
        let (asked_for_next, waiting) = mpsc::unbounded_channel();
        let (answers, answered) = mpsc::unbounded_channel();
        Self {
            events,
            next: Mutex::new(next),
            asked_for_next,
            waiting: Mutex::new(waiting),
            answers,
            answered: Mutex::new(answered),
            token: token.to_owned(),
        }
    }

    /// Waits until the function asks for an event.
    async fn is_waiting(&self) {
        self.waiting.lock().await.recv().await;
    }

    async fn answer_to(&self, event: String) -> Answer {
        self.events.send(event).expect("its receiver lives as long");
        let answer = self.answered.lock().await.recv().await;
        answer.expect("its sender lives as long")
    }

    async fn serve(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if request.method() == Method::GET {
            return self.give_next().await;
        }
        let failed = request.uri().path().ends_with("/error");
        let target = request.headers().get("x-amz-target").cloned();
        let body = match request.into_body().collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => Bytes::new(),
        };
        let Some(target) = target else {
            let answer = Answer {
                at: Instant::now(),
                failed,
                body,
            };
            self.answers
                .send(answer)
                .expect("its receiver lives as long");
            return Response::new(Full::default());
        };
        let answer = match target.to_str() {
            Ok("secretsmanager.GetSecretValue") => json!({
                "Name": "prewarmer",
                "VersionId": "1",
                "SecretString": json!({ "username": "prewarmer", "password": "bench" }).to_string(),
            }),
            _ => json!({
                "AuthenticationResult": { "IdToken": self.token, "ExpiresIn": 3600, "TokenType": "Bearer" },
                "ChallengeParameters": {},
            }),
        };
        Response::builder()
            .header("content-type", "application/x-amz-json-1.1")
            .body(Full::from(answer.to_string()))
            .expect("the headers are valid")
    }

    async fn give_next(&self) -> Response<Full<Bytes>> {
        self.asked_for_next
            .send(())
            .expect("its receiver lives as long");
        let event = self.next.lock().await.recv().await;
        let deadline = Timestamp::now().as_millisecond();
        let longest = i64::try_from(LONGEST.as_millis()).expect("it is short");
        Response::builder()
            .header("content-type", "application/json")
            .header(
                "lambda-runtime-aws-request-id",
                "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            )
            .header("lambda-runtime-deadline-ms", deadline + longest)
            .header(
                "lambda-runtime-invoked-function-arn",
                "arn:aws:lambda:eu-central-1:123456789012:function:prewarm",
            )
            .body(Full::from(event.expect("its sender lives as long")))
            .expect("the headers are valid")
    }
}

async fn serve(listener: TcpListener, lambda: Arc<Lambda>) {
    while let Ok((stream, _)) = listener.accept().await {
        stream.set_nodelay(true).ok();
        let lambda = Arc::clone(&lambda);
        let service = service_fn(move |request| {
            let lambda = Arc::clone(&lambda);
            async move { Ok::<_, std::convert::Infallible>(lambda.serve(request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}
