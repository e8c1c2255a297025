//! The test bed: a trial on the running local stack, with a tenant of its own, and what it may
//! change, start and look at there.
//!
//! Every change is undone when the trial ends, whatever its outcome.
#![expect(
    clippy::disallowed_methods,
    reason = "tests look again until a deadline; the ban on sleeping is for functions"
)]

mod distribution;
pub mod edges;
mod ended;
mod execution;
mod invocation;
mod login;
mod pipeline;
mod trial;
mod undo;
mod viewer;
mod witness;
mod zipped;

pub use distribution::Distribution;
pub use ended::{Ended, report_in};
pub use execution::Execution;
pub use invocation::Answered;
pub use login::{Login, MARK, fresh_password};
pub use pipeline::{Bootstrap, Function, Pipeline, Step, hurry, shipped_contract};
pub use stack::Stack;
pub use trial::{OVERVIEW, Trial, fresh_name, trial, until};
pub use viewer::{Seen, Viewer};
