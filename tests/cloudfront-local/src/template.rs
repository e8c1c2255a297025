//! Reads distributions, their policies and their edge functions out of CloudFormation templates, as JSON or YAML, of the
//! CDK, of SAM or written by hand. Several templates stand for the stacks of one app.

mod app;
mod distribution;
mod functions;
mod managed;
mod origins;
mod policies;
mod reference;
mod resolve;
mod restrictions;
mod rules;
mod signers;
mod stack;
mod unmodelled;
mod yaml;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

pub use functions::{CodeSource, FunctionCode, FunctionKind, KeyValueStore};

use crate::model::{Distribution, EdgeFunctionId, Tenant};
pub(crate) use app::App;
use stack::Stack;
pub use yaml::YamlError;

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
    /// The file begins like JSON and is none.
    #[error("{path} is not JSON")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: serde_json::Error,
    },
    /// The file is neither JSON nor YAML.
    #[error("{path} is not YAML as CloudFormation takes it")]
    NotYaml {
        /// The file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: YamlError,
    },
    /// None of the templates holds a distribution.
    #[error("no AWS::CloudFront::Distribution in {0}")]
    NoDistribution(String),
    /// Everything that stands against serving it: what cannot be resolved, and what CloudFront would refuse.
    #[error("{}", .problems.join("\n"))]
    Refused {
        /// Each with its place.
        problems: Vec<String>,
    },
    /// One such problem.
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

/// Where a deployment is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Templates of the app.
    pub templates: Vec<PathBuf>,
    /// Values of template parameters, and of what only AWS knows.
    pub parameters: BTreeMap<String, String>,
    /// Policies that are in none of the templates, by id.
    pub policies: BTreeMap<String, PathBuf>,
    /// Leaves all edge functions out.
    pub skip_functions: bool,
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
    /// What a configuration may refer to.
    pub(crate) app: App,
}

/// Reads templates as the stacks of one app.
///
/// # Errors
/// If a file is unreadable or no template, and if a distribution cannot be served: then with every problem.
pub fn read(sources: &Sources) -> Result<Deployment, TemplateError> {
    let mut stacks = Vec::new();
    for path in &sources.templates {
        stacks.push(Stack::new(
            path,
            read_file(path)?,
            sources.parameters.clone(),
        ));
    }
    let mut app = App::new(stacks);
    app.skips_functions = sources.skip_functions;
    for (id, path) in &sources.policies {
        app.policies.insert(id.clone(), read_file(path)?);
    }
    let mut deployment = Deployment {
        public_keys: signers::key_pair_ids(&app).into_iter().collect(),
        ..Deployment::default()
    };
    for stack in &app.stacks {
        for (logical_id, _) in stack.resources_of("AWS::CloudFront::Distribution") {
            match stack.is_wanted(&app, logical_id) {
                Ok(false) => continue,
                Ok(true) => {}
                Err(reason) => app.refuse(logical_id, reason.0),
            }
            let distribution = distribution::read(&app, stack, logical_id);
            read_functions(&app, &distribution, &mut deployment.functions);
            deployment.distributions.push(distribution);
        }
        unmodelled::list_policies(&app, stack);
        for (logical_id, _) in stack.resources_of("AWS::CloudFront::DistributionTenant") {
            deployment
                .tenants
                .push(distribution::read_tenant(&app, stack, logical_id));
        }
    }
    let findings = app.take_findings();
    if !findings.problems.is_empty() {
        return Err(refused(findings.problems));
    }
    if deployment.distributions.is_empty() {
        let names = sources.templates.iter().map(|p| p.display().to_string());
        return Err(TemplateError::NoDistribution(
            names.collect::<Vec<_>>().join(", "),
        ));
    }
    deployment.not_modelled = findings.not_modelled;
    deployment.not_modelled.sort();
    deployment.not_modelled.dedup();
    app.functions = deployment.functions.keys().cloned().collect();
    deployment.app = app;
    Ok(deployment)
}

/// The distribution with another configuration, which may refer to what is in the app's templates.
pub(crate) fn reconfigure(
    app: &App,
    distribution: &Distribution,
    config: Value,
) -> Result<Distribution, TemplateError> {
    let changed = distribution::from_config(app, distribution.clone(), config);
    let used = changed
        .behaviors
        .iter()
        .flat_map(|one| one.functions.values());
    for function in used.filter(|function| !app.functions.contains(*function)) {
        app.refuse(
            &function.0,
            "no distribution of the templates uses this function, so it is not loaded",
        );
    }
    let findings = app.take_findings();
    if findings.problems.is_empty() {
        Ok(changed)
    } else {
        Err(refused(findings.problems))
    }
}

fn refused(mut problems: Vec<String>) -> TemplateError {
    problems.sort();
    problems.dedup();
    TemplateError::Refused { problems }
}

fn read_functions(
    app: &App,
    distribution: &Distribution,
    functions: &mut BTreeMap<EdgeFunctionId, FunctionCode>,
) {
    let behaviors = distribution.behaviors.iter();
    for (event, arn) in behaviors.flat_map(|behavior| &behavior.functions) {
        if let Some(code) = app.keep(functions::find(app, arn, *event)) {
            functions.insert(arn.clone(), code);
        }
    }
}

/// Reads a template or a policy: JSON if it begins so, else YAML.
fn read_file(path: &Path) -> Result<Value, TemplateError> {
    let text = std::fs::read_to_string(path).map_err(|source| TemplateError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(&text).map_err(|source| TemplateError::NotJson {
            path: path.to_owned(),
            source,
        });
    }
    yaml::parse(&text).map_err(|source| TemplateError::NotYaml {
        path: path.to_owned(),
        source,
    })
}
