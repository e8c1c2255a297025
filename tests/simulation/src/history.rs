//! What happened in a world, as its parts saw it: the evidence that reports and promises are held against.

use cloudfront_local::model::Time;

/// Index of an execution.
pub type RunId = usize;

/// A request of the prewarmer that CloudFront answered.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The execution that it was for.
    pub run: RunId,
    /// Index of the call that made it.
    pub call: usize,
    /// Index of the target.
    pub target: usize,
    /// When it was sent.
    pub sent: Time,
    /// When its answer was complete; nothing if none came.
    pub answer: Option<Answer>,
}

/// What a viewer is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The POP that answered.
    pub pop: &'static str,
    /// HTTP status.
    pub status: u16,
    /// `x-cache`.
    pub x_cache: &'static str,
    /// `age`.
    pub age: Option<u64>,
    /// Version of the data; nothing in an error.
    pub version: Option<u64>,
    /// It names another tenant.
    pub foreign: bool,
    /// When the answer left the origin.
    pub received: Time,
    /// It lay in a cache, where it was stored though fetched before a purge.
    pub late: bool,
}

/// What somebody read, or would have read.
#[derive(Clone, Debug)]
pub struct Read {
    /// When it was asked for.
    pub asked: Time,
    /// Index of the target.
    pub target: usize,
    /// The answer.
    pub answer: Answer,
}

/// An invalidation that CloudFront accepted.
#[derive(Clone, Debug)]
pub struct Created {
    /// The execution that asked.
    pub run: RunId,
    /// CloudFront's id.
    pub id: String,
    /// When.
    pub at: Time,
    /// When it is reported complete.
    pub completes: Time,
}

/// A password that reached Cognito.
#[derive(Clone, Copy, Debug)]
pub struct Password {
    /// The call that sent it, by its index.
    pub call: usize,
    /// Whether it was wrong.
    pub refused: bool,
    /// Whether Cognito's answer came through.
    pub told: bool,
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The execution that made it.
    pub run: RunId,
    /// How often the execution had been redriven.
    pub life: u32,
    /// `preflight`, `prewarm`, `invalidate` or `poll`.
    pub function: &'static str,
    /// Its result reached the state machine.
    pub answered: bool,
    /// Its answer did not reach the state machine: killed or lost.
    pub lost: bool,
    /// It was still at work when its time was over.
    pub overran: bool,
}

/// Everything that happened.
#[derive(Debug, Default)]
pub struct History {
    /// Requests of the prewarmer.
    pub asked: Vec<Asked>,
    /// What readers read.
    pub reads: Vec<Read>,
    /// Invalidations, oldest first.
    pub created: Vec<Created>,
    /// Passwords.
    pub passwords: Vec<Password>,
    /// Calls of functions, in the order in which they began.
    pub calls: Vec<Call>,
    /// Calls that ended because their passwords were refused, by index.
    pub refusals: Vec<usize>,
    /// Redrives so far, by execution.
    pub redrives: Vec<u32>,
    /// Copies that no run was to touch and that are gone, one sentence each.
    pub gone: Vec<String>,
    /// One line per event, where somebody wants to read it.
    pub trace: Option<Vec<String>>,
}
