//! What two or more of the Warmfront functions use: the contract that says what "this tenant's
//! cached responses" means, the messages between the steps, and the frame every step runs in.

pub mod cache_tag;
pub mod clock;
pub mod contract;
pub mod duration;
pub mod environment;
pub mod failure;
pub mod message;
pub mod path_pattern;
pub mod service_fault;
pub mod step;
pub mod telemetry;
pub mod tenant;
pub mod whole_xml;
