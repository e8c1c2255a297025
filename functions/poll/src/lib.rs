//! Looks at one invalidation until CloudFront reports completion or the window ends.
//!
//! Promises: nothing but `Completed` counts as done. A run waits for at most its budget and then goes
//! on, flagged: what is fresh is proven by *prewarm*, not by CloudFront's status.

pub mod cloudfront;
pub mod config;
pub mod error;
pub mod handler;
