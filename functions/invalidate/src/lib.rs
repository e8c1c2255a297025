//! Asks CloudFront to purge what is cached for a tenant.
//!
//! Promises:
//!
//! - one invalidation per purge of a run, however often the step is repeated;
//! - every item is a tag or a path of the tenant: it begins with `#` or `/`;
//! - no purge while the distribution does not read cache tags from the contract's header;
//! - an older invalidation that CloudFront answers with in place of a new one is an error;
//! - while CloudFront throttles, one process keeps its calls apart.

pub mod caller_reference;
pub mod cloudfront;
pub mod config;
pub mod error;
pub mod handler;
pub mod spacing;
