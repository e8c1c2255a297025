//! One test on the stack: a tenant of its own, faults that hit nobody else, and what was seen.

mod faults;

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use stack::origin::OriginRequest;
use stack::{CachedCopy, CloudFrontControl};
use tokio::time::Instant;

use crate::execution::Execution;
use crate::undo::{Undo, Undoing};
use crate::viewer::Viewer;
use crate::zipped::unzipped;
use crate::{Ended, Stack};

/// The endpoint that most tests are content with: two targets, one for each locale.
pub const OVERVIEW: &str = "/api/overview";

/// How long the origin aggregates for a trial's tenant. The stack's own delay is for people.
const AGGREGATION: Duration = Duration::from_millis(20);

/// Longest wait for one condition. Runs that meet many retries take a minute or two.
const PATIENCE: Duration = Duration::from_mins(5);
// A dozen tests that look more often than this keep the engine from its work.
const LOOK_AGAIN: Duration = Duration::from_millis(400);

/// One test on the stack.
#[derive(Debug)]
pub struct Trial {
    /// The stack.
    pub stack: Stack,
    /// A tenant that nobody else has.
    pub tenant: String,
    undoing: Arc<Undoing>,
}

/// Runs a test on the stack that is up, and undoes what it changed.
pub fn trial(body: impl AsyncFnOnce(&Trial)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs a few file descriptors");
    runtime.block_on(async {
        let trial = Trial::new(attached(), Arc::default(), fresh_name("t")).await;
        let outcome = AssertUnwindSafe(body(&trial)).catch_unwind().await;
        trial.undoing.undo(&trial.stack).await;
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    });
}

fn attached() -> Stack {
    // The error ends with the command that helps.
    Stack::attach_from_environment().unwrap_or_else(|error| panic!("{error}"))
}

/// Looks again until there is something; `what` says what is waited for.
///
/// # Panics
///
/// When there is nothing within five minutes.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            Instant::now() < deadline,
            "waited {PATIENCE:?} in vain: {what}"
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

impl Trial {
    async fn new(stack: Stack, undoing: Arc<Undoing>, tenant: String) -> Self {
        let trial = Self {
            stack,
            tenant,
            undoing,
        };
        trial.undo(Undo::Evict(trial.tag()));
        trial.set_delay(AGGREGATION).await;
        trial
    }

    /// The same tenant once more, to be looked at in another way.
    pub(crate) fn same(&self) -> Self {
        Self {
            stack: self.stack.clone(),
            tenant: self.tenant.clone(),
            undoing: Arc::clone(&self.undoing),
        }
    }

    /// A further tenant on the same stack.
    pub async fn another(&self) -> Self {
        self.named(&fresh_name("t")).await
    }

    /// A further tenant of this name.
    pub async fn named(&self, tenant: &str) -> Self {
        let undoing = Arc::clone(&self.undoing);
        Self::new(self.stack.clone(), undoing, tenant.to_owned()).await
    }

    pub(crate) fn undo(&self, undo: Undo) {
        self.undoing.add(undo);
    }

    /// The tenant's cache tag.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("tenant:{}", self.tenant)
    }

    /// Starts a refresh of the tenant; `more` are further fields of the input.
    pub async fn start(&self, state_machine: &str, more: Value) -> Execution {
        let mut input = json!({ "tenant": self.tenant });
        for (field, value) in more.as_object().expect("fields of the input") {
            input[field] = value.clone();
        }
        self.start_with(state_machine, &input).await
    }

    /// Starts an execution with any input.
    pub async fn start_with(&self, state_machine: &str, input: &Value) -> Execution {
        let undoing = Arc::clone(&self.undoing);
        let execution = Execution::start(&self.stack, state_machine, input, undoing).await;
        self.undo(Undo::Execution(execution.arn.clone()));
        execution
    }

    /// Refreshes the tenant with the pipeline as it was deployed.
    pub async fn refresh(&self, more: Value) -> Ended {
        let deployed = &self.stack.state.pipeline.state_machine_alias_arn;
        self.start(deployed, more).await.ended().await
    }

    /// Changes the tenant's data.
    pub async fn set_version(&self, version: u32) {
        let set = self.stack.origin.set_version(&self.tenant, version).await;
        set.expect("the origin takes a version");
    }

    /// How long the origin aggregates for this tenant.
    pub async fn set_delay(&self, delay: Duration) {
        let set = self
            .stack
            .origin
            .set_tenant_delay(&self.tenant, delay)
            .await;
        set.expect("the origin takes a delay");
    }

    /// Every request for the tenant's reports that reached the origin, in order.
    pub async fn origin_requests(&self) -> Vec<OriginRequest> {
        let requests = self.stack.origin.requests(&self.tenant).await;
        requests.expect("the origin tells its requests")
    }

    /// Cached copies with the tenant's tag, everywhere.
    pub async fn cached(&self) -> Vec<CachedCopy> {
        let copies = self.stack.cloudfront.cached(&self.tag()).await;
        copies.expect("cloudfront-local shows its caches")
    }

    /// Every accepted or refused request for an invalidation with an item of the tenant.
    pub async fn purge_calls(&self) -> Vec<Value> {
        let item = format!("#{}", self.tag());
        let filter = [
            ("plane", "control"),
            ("operation", "CreateInvalidation"),
            ("item", &item),
        ];
        self.stack
            .cloudfront
            .history(&filter)
            .await
            .expect("cloudfront-local tells its history")
    }

    /// Ids of the invalidations that were made for the tenant.
    pub async fn purges(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for call in self.purge_calls().await {
            if let Some(id) = call["subject"]
                .as_str()
                .filter(|id| !ids.iter().any(|had| had == id))
            {
                ids.push(id.to_owned());
            }
        }
        ids
    }

    /// An empty folder of this trial's own, gone with it.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("warmfront-{}-{name}", self.tenant));
        std::fs::create_dir_all(&folder).expect("the temporary folder takes a folder");
        self.undo(Undo::Folder(folder.clone()));
        folder
    }

    /// A file of a function's zip, as Lambda has it.
    pub async fn deployed_file(&self, function: &str, file: &str) -> Vec<u8> {
        let found = self
            .stack
            .lambda
            .get_function()
            .function_name(function)
            .send()
            .await;
        let code = found.expect("Lambda shows the function").code;
        let location = code
            .and_then(|code| code.location)
            .expect("its code can be downloaded");
        let answer = reqwest::get(location)
            .await
            .expect("LocalStack gives the zip");
        let zip = answer
            .bytes()
            .await
            .expect("LocalStack gives all of the zip");
        unzipped(&zip, file)
    }

    /// A name for a user who goes with the trial.
    #[must_use]
    pub fn user(&self, prefix: &str) -> String {
        let name = fresh_name(prefix);
        self.undo(Undo::User(name.clone()));
        name
    }

    /// A person of the tenant, logged in.
    pub async fn member(&self) -> Viewer {
        Viewer::member(self, &self.tenant).await
    }

    /// Steers the stack's CloudFront.
    #[must_use]
    pub fn cloudfront(&self) -> &CloudFrontControl {
        &self.stack.cloudfront
    }
}

/// A name that nobody else has.
#[must_use]
pub fn fresh_name(prefix: &str) -> String {
    let mut name = prefix.to_owned();
    write!(name, "{:012x}", fastrand::u64(..) >> 16).expect("a String takes everything");
    name
}
