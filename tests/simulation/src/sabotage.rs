//! Ways to break the pipeline from outside, to see that the simulation notices.

/// What is broken; nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sabotage {
    /// Every answer claims to be of the newest version.
    pub forges_version: bool,
    /// The repair loop is off: a run that finds something stale calls itself fresh.
    pub stale_is_success: bool,
    /// Purges after the first of a run are not sent to CloudFront, but reported as done.
    pub no_repairs: bool,
}
