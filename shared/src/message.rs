//! The messages between the steps, as camelCase JSON: one type per message, one example of each in
//! `statemachine/examples`.
//!
//! The execution input comes from people, so fields that it does not know are refused. The messages
//! between the states tolerate unknown fields and default new ones, so that a run in flight survives
//! a deployment.

mod execution;
mod input;
mod prewarm;
mod progress;
mod purge;
mod report;

pub use execution::Execution;
pub use input::{ExecutionInput, HandedPurge, InvalidExecutionInput, LONGEST_INPUT, Mode};
pub use prewarm::{
    Next, PreflightRequest, PrewarmRequest, PrewarmResponse, Purge, Run, WarmRequest,
};
pub use progress::{Condemned, Progress, Purpose, Reason, Remaining, Row, XCache};
pub use purge::{
    DistributionTenantId, InvalidateRequest, Invalidation, InvalidationStatus, PollRequest,
    PurgeTarget,
};
pub use report::{
    EndpointReport, EndpointVerdict, InvalidationReport, Outcome, Report, Totals, VariantValues,
    Verdict,
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
