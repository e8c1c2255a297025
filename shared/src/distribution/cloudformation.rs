//! Distributions in CloudFormation templates: the CDK's, SAM's and those written by hand.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::config::{self, Resources};
use super::fields::{Unreadable, field, items, text, texts};
use super::intrinsics::Templates;
use super::{Distribution, Unreadable as Error};
use crate::duration;

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const FUNCTIONS: [&str; 2] = ["AWS::Lambda::Function", "AWS::Serverless::Function"];

/// The distributions of templates that are deployed together.
pub fn distributions(templates: &[Value]) -> Result<Vec<Distribution>, Unreadable> {
    let stack = Stack::read(templates);
    let policies = stack.of_type("AWS::CloudFront::CachePolicy").count();
    let reckoned = stack.reckoned_error_ttl();
    let found: Vec<_> = stack
        .of_type(DISTRIBUTION)
        .map(|(id, properties)| Distribution {
            reckoned_error_ttl: reckoned,
            cache_policies: policies,
            ..config::read(id, field(properties, "DistributionConfig"), &stack)
        })
        .collect();
    if found.is_empty() {
        return Err(Error(format!("there is no {DISTRIBUTION} in the template")));
    }
    Ok(found)
}

/// Resources of all templates, computed.
struct Stack {
    resources: BTreeMap<String, (String, Value)>,
}

impl Stack {
    fn read(given: &[Value]) -> Self {
        let templates = Templates::new(given);
        let mut resources = BTreeMap::new();
        for template in given {
            let globals = field(field(template, "Globals"), "Function");
            for (id, resource) in field(template, "Resources")
                .as_object()
                .into_iter()
                .flatten()
            {
                let Some(kind) = text(field(resource, "Type")) else {
                    continue;
                };
                let mut properties = field(resource, "Properties").clone();
                if kind == "AWS::Serverless::Function" {
                    properties = under(globals, &properties);
                }
                let properties = templates.resolved(&properties, template);
                resources.insert(id.clone(), (kind, properties));
            }
        }
        Self { resources }
    }

    fn of_type<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (&'s str, &'s Value)> {
        self.resources
            .iter()
            .filter(move |(_, (each, _))| each == kind)
            .map(|(id, (_, properties))| (id.as_str(), properties))
    }

    fn get<'s, 'r>(&'s self, reference: &'r str) -> Option<(&'s str, &'s Value, &'r str)> {
        let inner = reference.strip_prefix("${").unwrap_or(reference);
        let inner = inner.split('}').next()?;
        let (id, attribute) = inner.split_once('.').unwrap_or((inner, ""));
        let (kind, properties) = self.resources.get(id)?;
        Some((kind, properties, attribute))
    }

    /// What the prewarm function beside the distribution reckons with.
    fn reckoned_error_ttl(&self) -> Option<u64> {
        let functions = FUNCTIONS.iter().flat_map(|kind| self.of_type(kind));
        functions
            .filter_map(|(_, properties)| {
                let variables = field(field(properties, "Environment"), "Variables");
                text(field(variables, "ERROR_CACHING_TTL"))
            })
            .find_map(|given| duration::parse(&given).ok())
            .map(|ttl| ttl.as_secs())
    }
}

impl Resources for Stack {
    fn find(&self, kind: &str, reference: &str) -> Option<&Value> {
        let (found, properties, _) = self.get(reference)?;
        (found == kind).then_some(properties)
    }

    fn function(&self, reference: &str) -> Option<(&Value, bool)> {
        let (kind, properties, attribute) = self.get(reference)?;
        match kind {
            "AWS::Lambda::Version" => {
                let name = text(field(properties, "FunctionName"))?;
                self.function(&name).map(|(function, _)| (function, true))
            }
            "AWS::Lambda::Alias" => {
                let name = text(field(properties, "FunctionName"))?;
                self.function(&name).map(|(function, _)| (function, false))
            }
            "AWS::Serverless::Function" => Some((properties, attribute == "Version")),
            "AWS::Lambda::Function" => Some((properties, false)),
            _ => None,
        }
    }

    fn may_list(&self, host: &str) -> Option<bool> {
        let (kind, _, _) = self.get(host.get(host.find("${")?..)?)?;
        if kind != "AWS::S3::Bucket" {
            return None;
        }
        let id = host.split("${").nth(1)?.split(['.', '}']).next()?;
        let names_bucket = |(_, properties): &(&str, &Value)| {
            text(field(properties, "Bucket")).is_some_and(|bucket| bucket == format!("${{{id}}}"))
        };
        let (_, policy) = self.of_type("AWS::S3::BucketPolicy").find(names_bucket)?;
        let mut statements = items(field(field(policy, "PolicyDocument"), "Statement"));
        Some(statements.any(|statement| {
            let actions = match field(statement, "Action") {
                Value::String(one) => vec![one.clone()],
                list => texts(list),
            };
            let lists = |action: &String| {
                ["s3:ListBucket", "s3:List*", "s3:*", "*"].contains(&action.as_str())
            };
            field(statement, "Effect") == "Allow" && actions.iter().any(lists)
        }))
    }
}

/// What SAM makes of a function's properties below the template's global ones.
fn under(globals: &Value, own: &Value) -> Value {
    match (globals, own) {
        (Value::Object(globals), Value::Object(own)) => {
            let mut merged: Map<String, Value> = globals.clone();
            for (name, value) in own {
                let below = merged
                    .get(name)
                    .map_or(value.clone(), |global| under(global, value));
                merged.insert(name.clone(), below);
            }
            Value::Object(merged)
        }
        (Value::Array(globals), Value::Array(own)) => globals.iter().chain(own).cloned().collect(),
        (global, Value::Null) => global.clone(),
        (_, own) => own.clone(),
    }
}
