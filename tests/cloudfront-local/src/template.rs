//! Reads what the CDK synthesizes: distributions, their policies and their edge functions out of CloudFormation
//! templates. Several templates stand for the stacks of one app.

mod app;
mod distribution;
mod functions;
mod managed;
mod policies;
mod resolve;
mod restrictions;
mod signers;
mod unmodelled;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use functions::{CodeSource, FunctionCode, FunctionKind, KeyValueStore};

use crate::model::{Distribution, EdgeFunctionId, Tenant};
use app::App;
use resolve::Stack;

/// Why a template cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The file cannot be read.
    #[error("cannot read template {path}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is no JSON.
    #[error("{path} is not JSON; a template as `cdk synth` writes it into cdk.out is expected")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// None of the templates holds a distribution.
    #[error("no AWS::CloudFront::Distribution in {0}")]
    NoDistribution(String),
    /// Something in it makes no sense, or is needed and cannot be resolved.
    #[error("{at}: {problem}")]
    Invalid {
        /// Logical id and property.
        at: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
}

impl TemplateError {
    fn invalid(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid {
            at: at.into(),
            problem: problem.into(),
        }
    }
}

/// What templates ask for.
#[derive(Debug, Default)]
pub struct Deployment {
    /// Distributions in the order of the templates.
    pub distributions: Vec<Distribution>,
    /// Distribution tenants.
    pub tenants: Vec<Tenant>,
    /// Code of every edge function that a distribution uses.
    pub functions: BTreeMap<EdgeFunctionId, FunctionCode>,
    /// Public keys: logical id, and the id that signed URLs and cookies name.
    pub public_keys: BTreeMap<String, String>,
    /// What a template asks for and is not done, in words.
    pub not_modelled: Vec<String>,
}

/// Reads templates as the stacks of one app.
///
/// # Errors
/// If a file is unreadable, holds no JSON, or a distribution in it cannot be understood.
pub fn read(
    templates: &[PathBuf],
    parameters: &BTreeMap<String, String>,
) -> Result<Deployment, TemplateError> {
    let mut stacks = Vec::new();
    for path in templates {
        stacks.push(Stack::new(path, read_json(path)?, parameters.clone()));
    }
    let app = App::new(stacks);
    let mut deployment = Deployment {
        public_keys: signers::key_pair_ids(&app).into_iter().collect(),
        ..Deployment::default()
    };
    for stack in &app.stacks {
        let all = stack.resources_of("AWS::CloudFront::Distribution");
        for (logical_id, _) in all.filter(|(logical_id, _)| stack.is_wanted(&app, logical_id)) {
            let read = distribution::read(&app, stack, logical_id)?;
            deployment.not_modelled.extend(read.not_modelled);
            let uses = read
                .distribution
                .behaviors
                .iter()
                .flat_map(|behavior| &behavior.functions);
            for (event, arn) in uses {
                let code = functions::find(&app, arn, *event)?;
                deployment.functions.insert(arn.clone(), code);
            }
            deployment.distributions.push(read.distribution);
        }
        deployment
            .not_modelled
            .extend(unmodelled::list_policies(stack));
        for (logical_id, _) in stack.resources_of("AWS::CloudFront::DistributionTenant") {
            let (tenant, not_modelled) = distribution::read_tenant(&app, stack, logical_id);
            deployment.not_modelled.extend(not_modelled);
            deployment.tenants.push(tenant);
        }
    }
    if deployment.distributions.is_empty() {
        let names: Vec<String> = templates.iter().map(|p| p.display().to_string()).collect();
        return Err(TemplateError::NoDistribution(names.join(", ")));
    }
    deployment.not_modelled.sort();
    deployment.not_modelled.dedup();
    Ok(deployment)
}

fn read_json(path: &Path) -> Result<Value, TemplateError> {
    let text = std::fs::read_to_string(path).map_err(|source| TemplateError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    serde_json::from_str(&text).map_err(|source| TemplateError::NotJson {
        path: path.to_owned(),
        source,
    })
}
