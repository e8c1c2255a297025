//! What two or more of the Warmfront functions use: the contract that says what "this tenant's
//! cached responses" means, the messages between the steps, and the frame every step runs in.
//!
//! Without the feature `lambda` the crate is pure: no I/O but reading a file, no runtime, no AWS.

pub mod cache_tag;
pub mod clock;
pub mod contract;
pub mod distribution;
pub mod duration;
pub mod environment;
pub mod failure;
pub mod message;
pub mod path_pattern;
pub mod plan;
pub mod report;
pub mod rule;
pub mod rulebook;
#[cfg(feature = "lambda")]
pub mod service_fault;
#[cfg(feature = "lambda")]
pub mod step;
#[cfg(feature = "lambda")]
pub mod telemetry;
pub mod tenant;
pub mod version;
#[cfg(feature = "lambda")]
pub mod whole_xml;
