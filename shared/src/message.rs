//! The messages between the steps: one type per message, one example file per message in
//! `statemachine/examples`. camelCase JSON. The execution input comes from people, so what it does
//! not know is refused; the messages between the states tolerate unknown fields and default new
//! ones, so that a deployment does not break the runs in flight.

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
pub use purge::{InvalidateRequest, Invalidation, InvalidationStatus, PollRequest, PurgeTarget};
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
