//! The rulebook: whether a contract is valid, and whether a distribution fits it. The functions, the
//! synthesis of the CDK app and the command line all ask here, so that they cannot disagree.

mod contract;
pub mod distribution;

pub use distribution::{Expected, check_distribution};
