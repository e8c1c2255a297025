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
