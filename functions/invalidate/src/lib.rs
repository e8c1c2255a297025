//! Asks CloudFront, once, to purge what is cached for a tenant.
//!
//! Promises: one invalidation per purge of a run, however often the step is repeated; never an
//! item without its `#` or `/`; nothing is asked while the distribution does not read cache tags
//! from the contract's header; an older invalidation that answers in place of a new one is an
//! error; and one process does not ask more often than CloudFront answers.

pub mod caller_reference;
pub mod cloudfront;
pub mod config;
pub mod error;
pub mod handler;
pub mod spacing;
