//! The execution input: what a person or a refresh job asks for.

mod fields;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::fields::{Fields, kind};

use super::{DistributionTenantId, Purpose};
use crate::failure::{ErrorName, Failure};
use crate::tenant::TenantId;

/// What to refresh. Only `tenant` has to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionInput {
    /// Whose cached responses.
    pub tenant: TenantId,
    /// What the run does.
    pub mode: Mode,
    /// Only this scope of the contract.
    pub scope: Option<String>,
    /// The data version that fresh responses have, or a later one.
    pub expected_version: Option<String>,
    /// Only these endpoints of the contract are requested (the purge is not narrowed).
    pub endpoints: Option<Vec<String>>,
    /// The distribution tenant (`dt_…`) to purge, for a multi-tenant distribution.
    pub distribution_tenant: Option<DistributionTenantId>,
    /// An invalidation that somebody else made, and that covers the tenant: the run makes none of
    /// its own unless something turns out to be stale.
    pub purge: Option<HandedPurge>,
    /// For the person who reads the console.
    pub reason: Option<String>,
}

/// What a run does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Mode {
    /// Purges, fills and proves.
    #[default]
    Refresh,
    /// Fills what is missing, and proves. Cannot purge.
    Warm,
    /// Looks. Neither purges nor fills.
    Verify,
}

impl Mode {
    /// Every mode with its name in messages.
    pub const NAMES: [(&'static str, Self); 3] = [
        ("refresh", Self::Refresh),
        ("warm", Self::Warm),
        ("verify", Self::Verify),
    ];

    /// What the first request to a target is for.
    #[must_use]
    pub fn first_purpose(self) -> Purpose {
        match self {
            Self::Refresh | Self::Warm => Purpose::Fill,
            Self::Verify => Purpose::Look,
        }
    }

    /// Its name in messages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        let is_it = |(_, mode): &&(&str, Self)| *mode == self;
        Self::NAMES.iter().find(is_it).map_or("", |(name, _)| name)
    }
}

/// An invalidation that somebody else made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandedPurge {
    /// CloudFront's id of it.
    pub id: String,
    /// When CloudFront accepted it.
    pub create_time: Timestamp,
    /// When it was seen to be complete, if it was.
    pub completed_at: Option<Timestamp>,
}

/// The fields of the execution input.
const FIELDS: &[&str] = &[
    "tenant",
    "mode",
    "scope",
    "expectedVersion",
    "endpoints",
    "distributionTenant",
    "purge",
    "reason",
];

/// Longest execution input, in bytes of JSON. Step Functions carries 262,144 from state to state;
/// the context object carries the input beside the state.
pub const LONGEST_INPUT: usize = 32_768;
/// Longest text of a field that is not listed below.
const LONGEST_TEXT: usize = 64;
/// Longest `reason`.
const LONGEST_REASON: usize = 256;

/// Everything that is wrong with an execution input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the execution input is wrong: {}", problems.join("; "))]
pub struct InvalidExecutionInput {
    /// One sentence per problem, each naming its field.
    pub problems: Vec<String>,
}

impl Failure for InvalidExecutionInput {
    fn name(&self) -> ErrorName {
        ErrorName::InvalidInput
    }
}

impl ExecutionInput {
    /// Reads the input and reports every problem together. A field that is `null` counts as absent.
    pub fn parse(given: &Value) -> Result<Self, InvalidExecutionInput> {
        let Some(object) = given.as_object() else {
            let problem = format!(
                "it is {}, an object such as {{\"tenant\":\"acme\"}} is expected",
                kind(given)
            );
            return Err(InvalidExecutionInput {
                problems: vec![problem],
            });
        };
        let mut fields = Fields::of(object, "");
        fields.check_length(given);
        fields.check_names(FIELDS);
        let read = Self::read(&mut fields);
        match read {
            Some(input) if fields.problems.is_empty() => Ok(input),
            _ => Err(InvalidExecutionInput {
                problems: fields.problems,
            }),
        }
    }

    /// What could be read; `None` where there is no tenant.
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let tenant = fields.tenant();
        let mode = fields.mode();
        let scope = fields.text("scope", LONGEST_TEXT);
        let expected_version = fields.text("expectedVersion", LONGEST_TEXT);
        let distribution_tenant = fields.distribution_tenant();
        let reason = fields.text("reason", LONGEST_REASON);
        let endpoints = fields.endpoints();
        let purge = fields.purge();
        if purge.is_some() && mode != Mode::Refresh {
            fields.problem(format!(
                "purge is given, and mode {:?} waits for no purge: leave one of them out",
                mode.as_str()
            ));
        }
        Some(Self {
            tenant: tenant?,
            mode,
            scope,
            expected_version,
            endpoints,
            distribution_tenant,
            purge,
            reason,
        })
    }
}

#[cfg(test)]
mod tests;
