//! The proof: what an answer shows (`evidence`), what that proves (`finding`), and which request
//! comes next until there is a verdict (`next_request`).

mod evidence;
mod finding;
mod next_request;

pub use evidence::{Evidence, Source, shown};
pub use finding::{Age, Expectation, Finding, Good};
pub use next_request::{Continuation, Rules};
