//! Looks at one invalidation until CloudFront reports completion or the window ends.
//!
//! Promises: nothing but `Completed` counts as done; a run waits for at most its budget, then goes
//! on flagged, since the proof of freshness is *prewarm*'s and not CloudFront's status.

pub mod cloudfront;
pub mod config;
pub mod error;
pub mod handler;
