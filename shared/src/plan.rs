//! The plan of a run: every request that the contract names for a tenant, with the headers that give it
//! the same cache key as a browser's.
//!
//! A target is one endpoint in one variant. Its number is its place in this order:
//!
//! 1. required endpoints before optional ones, each in the contract's order;
//! 2. for each endpoint the default variant first, then the others, where the last variant header
//!    changes fastest.
//!
//! The order follows from contract and tenant alone. So a run carries only numbers, and the contract's
//! digest to notice another contract, from call to call.

mod base_url;
mod room;
mod selection;
mod variant;

use std::collections::HashSet;
use std::time::Duration;

use url::Url;

use crate::contract::{Contract, VersionStamp};
use crate::failure::{ErrorName, Failure};
use crate::message::{ExecutionInput, InvalidExecutionInput, Run};
use crate::tenant::TenantId;
use crate::version::Version;

pub use base_url::{BaseUrl, BaseUrlError};
pub use variant::{VariantChoice, default_headers};

/// Everything that a run may request, and what it expects.
#[derive(Debug)]
pub struct Plan {
    /// Every target, by number.
    pub targets: Vec<Target>,
    /// The variants, the default one first.
    pub variants: Vec<VariantChoice>,
    /// Scheme and host.
    pub base: Url,
    /// The data version that is expected, or a later one.
    pub expected: Option<Version>,
}

/// One endpoint in one variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Path and query, filled with the tenant.
    pub path: String,
    /// Index of its variant in the plan.
    pub variant: usize,
    /// Whether a run fails without it.
    pub required: bool,
    /// Longest time a complete answer may take.
    pub timeout: Duration,
    /// Where in the body the tenant is named.
    pub tenant_pointer: Option<String>,
}

/// Why a run has no plan to go on with.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The execution input is wrong.
    #[error(transparent)]
    Input(#[from] InvalidExecutionInput),
    /// The contract is not the one that the run began with.
    #[error(
        "the run of tenant {tenant} began with another contract than this function has: its targets \
         are not known any more; start a new execution"
    )]
    ContractChanged {
        /// Whose run it is.
        tenant: TenantId,
    },
}

impl Failure for PlanError {
    fn name(&self) -> ErrorName {
        match self {
            Self::Input(error) => error.name(),
            Self::ContractChanged { .. } => ErrorName::ContractChanged,
        }
    }
}

impl Plan {
    /// The plan of a new run, and the numbers of the targets that its input selects; or everything
    /// that is wrong with the input.
    pub fn begin(
        contract: &Contract,
        base_url: &BaseUrl,
        input: &ExecutionInput,
    ) -> Result<(Self, Vec<usize>), InvalidExecutionInput> {
        let mut problems = Vec::new();
        let expected = expected(contract, input.expected_version.as_deref(), &mut problems);
        let base = base(base_url, &input.tenant, &mut problems);
        let targets = targets(contract, &input.tenant);
        let variants = variant::choices(contract, &input.tenant);
        let selected = selection::select(contract, input, &targets, &mut problems);
        room::check(&selected, &targets, &variants, &mut problems);
        match base {
            Some(base) if problems.is_empty() => Ok((
                Self {
                    targets,
                    variants,
                    base,
                    expected,
                },
                selected,
            )),
            _ => Err(InvalidExecutionInput { problems }),
        }
    }

    /// The plan of a run that has passed Preflight.
    pub fn resume(contract: &Contract, base_url: &BaseUrl, run: &Run) -> Result<Self, PlanError> {
        if run.contract != contract.digest() {
            return Err(PlanError::ContractChanged {
                tenant: run.tenant.clone(),
            });
        }
        let mut problems = Vec::new();
        let expected = expected(contract, run.expected_version.as_deref(), &mut problems);
        let base = base(base_url, &run.tenant, &mut problems);
        match base {
            Some(base) if problems.is_empty() => Ok(Self {
                targets: targets(contract, &run.tenant),
                variants: variant::choices(contract, &run.tenant),
                base,
                expected,
            }),
            _ => Err(InvalidExecutionInput { problems }.into()),
        }
    }

    /// The variant of a target.
    #[must_use]
    pub fn variant_of(&self, target: &Target) -> &VariantChoice {
        &self.variants[target.variant]
    }
}

fn expected(
    contract: &Contract,
    given: Option<&str>,
    problems: &mut Vec<String>,
) -> Option<Version> {
    match (given?, &contract.version) {
        (_, None) => {
            problems.push(
                "expectedVersion is given, but the contract names no version header".to_owned(),
            );
            None
        }
        (given, Some(VersionStamp { order, .. })) => Version::parse(*order, given)
            .map_err(|error| problems.push(format!("expectedVersion {error}")))
            .ok(),
    }
}

fn base(base_url: &BaseUrl, tenant: &TenantId, problems: &mut Vec<String>) -> Option<Url> {
    let base = base_url.for_tenant(tenant);
    if base.is_none() {
        problems.push(format!(
            "tenant {:?} cannot stand in the host name of BASE_URL",
            tenant.as_str()
        ));
    }
    base
}

fn targets(contract: &Contract, tenant: &TenantId) -> Vec<Target> {
    let variants = variant::count(contract);
    let mut targets = Vec::new();
    let mut paths = HashSet::new();
    for required in [true, false] {
        for endpoint in contract.endpoints.iter().filter(|e| e.required == required) {
            let path = endpoint.path_for(tenant);
            // Two paths of the contract may be one for this tenant.
            if !paths.insert(path.clone()) {
                continue;
            }
            targets.extend((0..variants).map(|variant| Target {
                path: path.clone(),
                variant,
                required,
                timeout: endpoint.timeout,
                tenant_pointer: endpoint.tenant_pointer.clone(),
            }));
        }
    }
    targets
}

#[cfg(test)]
mod tests;
