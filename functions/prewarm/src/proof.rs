//! The proof: from answers to a verdict.
//!
//! `evidence` reads what one answer shows. `finding` says what that proves. `next_request` decides, from
//! all findings about a target so far, whether there is a verdict or which request comes next.

mod evidence;
mod finding;
mod next_request;

pub use evidence::{Evidence, Source, shown};
pub use finding::{Age, Expectation, Finding, Good};
pub use next_request::{Continuation, Rules};
