//! Distributions in what `terraform show -json` says of a plan or a state.
//!
//! In a plan, what a resource will be called is unknown; its configuration says which resource was
//! meant. Such a value reads `${address}` here.

mod spelling;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::config::{self, Resources};
use super::fields::{self, field, items, text};
use super::{Distribution, Unreadable};
use crate::duration;

const DISTRIBUTION: &str = "aws_cloudfront_distribution";
const PROVISIONED: &str = "aws_lambda_provisioned_concurrency_config";

/// The distributions of a plan or a state.
pub fn distributions(shown: &Value) -> Result<Vec<Distribution>, Unreadable> {
    let values = match (field(shown, "planned_values"), field(shown, "values")) {
        (Value::Null, Value::Null) => {
            return Err(Unreadable(
                "this is not what `terraform show -json` prints of a plan or a state".to_owned(),
            ));
        }
        (Value::Null, state) => state,
        (plan, _) => plan,
    };
    let mut state = State::default();
    let configuration = field(field(shown, "configuration"), "root_module");
    state.read(field(values, "root_module"), configuration, "");
    let policies = state.of_type("aws_cloudfront_cache_policy").count();
    let found: Vec<_> = state
        .of_type(DISTRIBUTION)
        .map(|(address, values)| Distribution {
            reckoned_error_ttls: state.reckoned_error_ttls(address),
            cache_policies: policies,
            ..config::read(address, values, &state)
        })
        .collect();
    if found.is_empty() {
        return Err(Unreadable(format!("there is no {DISTRIBUTION} in it")));
    }
    Ok(found)
}

/// Resources by address, in CloudFormation's spelling.
#[derive(Default)]
struct State {
    resources: BTreeMap<String, (String, Value)>,
    /// Id or ARN → address, where they are known.
    ids: BTreeMap<String, String>,
}

impl State {
    fn read(&mut self, module: &Value, configuration: &Value, prefix: &str) {
        for resource in items(field(module, "resources")) {
            let Some(address) = text(field(resource, "address")) else {
                continue;
            };
            let kind = text(field(resource, "type")).unwrap_or_default();
            let name = text(field(resource, "name")).unwrap_or_default();
            let expressions = items(field(configuration, "resources"))
                .find(|each| {
                    field(each, "type") == kind.as_str() && field(each, "name") == name.as_str()
                })
                .map_or(&Value::Null, |each| field(each, "expressions"));
            let mut values = field(resource, "values").clone();
            fill(&mut values, expressions, prefix);
            for id in ["id", "arn", "qualified_arn"] {
                if let Some(id) = field(&values, id)
                    .as_str()
                    .filter(|id| !id.starts_with("${"))
                {
                    self.ids.insert(id.to_owned(), address.clone());
                }
            }
            let spelled = match kind.as_str() {
                DISTRIBUTION => spelling::distribution(&values),
                "aws_lambda_function" => spelling::function(&values),
                PROVISIONED => json!({"FunctionName": field(&values, "function_name")}),
                _ => spelling::policy(&kind, &values),
            };
            self.resources.insert(address, (kind, spelled));
        }
        for child in items(field(module, "child_modules")) {
            let address = text(field(child, "address")).unwrap_or_default();
            let name = address.rsplit("module.").next().unwrap_or_default();
            let name = name.split('[').next().unwrap_or_default();
            let call = field(field(configuration, "module_calls"), name);
            self.read(child, field(call, "module"), &format!("{address}."));
        }
    }

    fn of_type<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (&'s str, &'s Value)> {
        self.resources
            .iter()
            .filter(move |(_, (each, _))| each == kind)
            .map(|(address, (_, values))| (address.as_str(), values))
    }

    /// The address behind `${address.attribute}`, an id or an ARN, and the attribute.
    fn address<'r>(&'r self, reference: &'r str) -> Option<(&'r str, &'r str)> {
        if let Some(address) = self.ids.get(reference) {
            return Some((
                address,
                if reference.contains(":function:") {
                    "qualified_arn"
                } else {
                    "id"
                },
            ));
        }
        let inner = reference.strip_prefix("${")?.split('}').next()?;
        let own = |address: &&String| {
            let rest = inner.strip_prefix(address.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        // With `count` or `for_each` the address goes on in brackets; the first stands for all.
        let counted = |address: &&String| {
            let bare = address.split('[').next().unwrap_or_default();
            inner
                .strip_prefix(bare)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let found = self
            .resources
            .keys()
            .find(own)
            .or_else(|| self.resources.keys().find(counted))?;
        Some((found, inner.rsplit('.').next().unwrap_or_default()))
    }

    fn reckoned_error_ttls(&self, distribution: &str) -> Vec<u64> {
        let functions = self.of_type("aws_lambda_function");
        fields::reckoned(functions.filter_map(|(_, function)| {
            let variables = field(field(function, "Environment"), "Variables");
            let ttl = duration::parse(&text(field(variables, "ERROR_CACHING_TTL"))?).ok()?;
            let id = text(field(variables, "DISTRIBUTION_ID")).unwrap_or_default();
            let own = self.address(&id).map(|(found, _)| found == distribution);
            Some((own, ttl.as_secs()))
        }))
    }
}

impl Resources for State {
    fn find(&self, kind: &str, reference: &str) -> Option<&Value> {
        let terraform = match kind {
            "AWS::CloudFront::CachePolicy" => "aws_cloudfront_cache_policy",
            "AWS::CloudFront::OriginRequestPolicy" => "aws_cloudfront_origin_request_policy",
            _ => "aws_cloudfront_response_headers_policy",
        };
        let (address, _) = self.address(reference)?;
        let (found, values) = self.resources.get(address)?;
        (found == terraform).then_some(values)
    }

    fn function(&self, reference: &str) -> Option<(&Value, bool)> {
        // A deployed version's ARN is its function's with a number behind.
        let unversioned = || {
            reference
                .rsplit_once(':')
                .filter(|(_, v)| v.parse::<u64>().is_ok())
        };
        let (address, attribute) = self
            .address(reference)
            .or_else(|| self.address(unversioned()?.0))?;
        let (kind, values) = self.resources.get(address)?;
        if kind == "aws_lambda_alias" {
            return None;
        }
        let is_version = attribute == "qualified_arn"
            && (reference.starts_with("${") || unversioned().is_some());
        (kind == "aws_lambda_function").then_some((values, is_version))
    }

    fn is_provisioned(&self, reference: &str) -> bool {
        let unversioned = reference.rsplit_once(':').map(|(function, _)| function);
        let Some((address, _)) = self
            .address(reference)
            .or_else(|| self.address(unversioned?))
        else {
            return false;
        };
        let name = self
            .resources
            .get(address)
            .and_then(|(_, function)| text(field(function, "FunctionName")));
        self.of_type(PROVISIONED).any(|(_, provisioned)| {
            let function = text(field(provisioned, "FunctionName"));
            function.is_some_and(|function| {
                Some(&function) == name.as_ref()
                    || self
                        .address(&function)
                        .is_some_and(|(found, _)| found == address)
            })
        })
    }

    fn may_list(&self, _host: &str) -> Option<bool> {
        None
    }
}

/// Writes `${address}` where a value is unknown and the configuration says what it refers to.
fn fill(values: &mut Value, expressions: &Value, prefix: &str) {
    let Some(expressions) = expressions.as_object() else {
        return;
    };
    let Some(values) = values.as_object_mut() else {
        return;
    };
    for (name, expression) in expressions {
        if let Value::Array(blocks) = expression {
            let inner = values.get_mut(name).and_then(Value::as_array_mut);
            for (value, block) in inner.into_iter().flatten().zip(blocks) {
                fill(value, block, prefix);
            }
        } else if let Some(reference) =
            items(field(expression, "references")).find_map(Value::as_str)
        {
            let value = values.entry(name.clone()).or_insert(Value::Null);
            if value.is_null() && !reference.starts_with("var.") {
                *value = format!("${{{prefix}{reference}}}").into();
            }
        }
    }
}
