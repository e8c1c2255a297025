//! The messages between the steps: one type per message, one example file per message in
//! `statemachine/examples`. camelCase JSON; unknown fields are refused.

mod execution;
mod input;
mod prewarm;
mod purge;
mod report;

pub use execution::Execution;
pub use input::{ExecutionInput, InvalidExecutionInput};
pub use prewarm::{
    Condemned, Course, Next, Phase, PreflightRequest, PrewarmRequest, PrewarmResponse, Progress,
    Purge, RemainingTarget, Run, WarmRequest,
};
pub use purge::{InvalidateRequest, Invalidation, InvalidationStatus, PollRequest, PurgeTarget};
pub use report::{
    EndpointReport, InvalidationReport, Outcome, Report, Totals, VariantValues, Verdict,
};

/// What a request is about, for the log lines.
pub trait Subject {
    /// The tenant, as far as the request names one.
    fn tenant(&self) -> Option<&str>;
    /// The id of the execution.
    fn execution(&self) -> &str;
    /// The invalidation that the request is about, if there is one yet.
    fn invalidation(&self) -> Option<&str>;
}
