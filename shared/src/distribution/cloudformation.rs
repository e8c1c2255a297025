//! Distributions in CloudFormation templates: the CDK's, SAM's and those written by hand.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::config::{self, Resources};
use super::fields::{self, Unreadable, field, items, text, texts};
use super::intrinsics::{self, Templates};
use super::{Distribution, Unreadable as Error};
use crate::duration;

const DISTRIBUTION: &str = "AWS::CloudFront::Distribution";
const FUNCTIONS: [&str; 2] = ["AWS::Lambda::Function", "AWS::Serverless::Function"];

/// The distributions of templates that are deployed together, in their order.
pub fn distributions(templates: &[Value]) -> Result<Vec<Distribution>, Unreadable> {
    let stack = Stack::read(templates);
    let found: Vec<_> = stack
        .of_type(DISTRIBUTION)
        .map(|(at, properties)| Distribution {
            reckoned_error_ttls: stack.reckoned_error_ttls(&at.reference()),
            cache_policies: stack
                .of_type("AWS::CloudFront::CachePolicy")
                .filter(|(policy, _)| policy.template == at.template)
                .count(),
            ..config::read(&at.id, field(properties, "DistributionConfig"), &stack)
        })
        .collect();
    if found.is_empty() {
        return Err(Error(format!("there is no {DISTRIBUTION} in the template")));
    }
    Ok(found)
}

/// How a distribution of the first template refers to `value`, such as a function's version.
#[must_use]
pub fn reference(templates: &[Value], value: &Value) -> String {
    let first = templates.first().unwrap_or(&Value::Null);
    text(&Templates::new(templates).resolved(value, first)).unwrap_or_default()
}

/// Which resource: two templates may call theirs alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    template: usize,
    id: String,
}

impl Place {
    fn reference(&self) -> String {
        format!("${{{}}}", intrinsics::qualified(self.template, &self.id))
    }
}

/// Resources of all templates, computed.
struct Stack {
    resources: BTreeMap<Place, (String, Value)>,
}

impl Stack {
    fn read(given: &[Value]) -> Self {
        let templates = Templates::new(given);
        let mut resources = BTreeMap::new();
        for (index, template) in given.iter().enumerate() {
            let globals = field(field(template, "Globals"), "Function");
            let listed = field(template, "Resources").as_object();
            for (id, resource) in listed.into_iter().flatten() {
                let Some(kind) = text(field(resource, "Type")) else {
                    continue;
                };
                let mut properties = field(resource, "Properties").clone();
                if kind == "AWS::Serverless::Function" {
                    properties = under(globals, &properties);
                }
                let properties = templates.resolved(&properties, template);
                let place = Place {
                    template: index,
                    id: id.clone(),
                };
                resources.insert(place, (kind, properties));
            }
        }
        Self { resources }
    }

    fn of_type<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = (&'s Place, &'s Value)> {
        self.resources
            .iter()
            .filter(move |(_, (each, _))| each == kind)
            .map(|(place, (_, properties))| (place, properties))
    }

    fn get<'s, 'r>(&'s self, reference: &'r str) -> Option<(&'s str, &'s Value, &'r str)> {
        let inner = reference.strip_prefix("${").unwrap_or(reference);
        let inner = inner.split('}').next()?;
        let (name, attribute) = inner.split_once('.').unwrap_or((inner, ""));
        let (template, id) = intrinsics::unqualified(name);
        let id = id.to_owned();
        let (kind, properties) = self.resources.get(&Place { template, id })?;
        Some((kind, properties, attribute))
    }

    /// How long prewarm functions beside a distribution reckon that errors are cached.
    fn reckoned_error_ttls(&self, distribution: &str) -> Vec<u64> {
        let functions = FUNCTIONS.iter().flat_map(|kind| self.of_type(kind));
        fields::reckoned(functions.filter_map(|(_, properties)| {
            let variables = field(field(properties, "Environment"), "Variables");
            let ttl = duration::parse(&text(field(variables, "ERROR_CACHING_TTL"))?).ok()?;
            let id = text(field(variables, "DISTRIBUTION_ID")).unwrap_or_default();
            // A reference to something else may lead here through another stack or region.
            let known = id == distribution || !id.contains(['$', '{']);
            Some((known.then_some(id == distribution), ttl.as_secs()))
        }))
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

    fn is_provisioned(&self, reference: &str) -> bool {
        let own = self.get(reference).map(|(_, properties, _)| properties);
        own.is_some_and(|properties| !field(properties, "ProvisionedConcurrencyConfig").is_null())
    }

    fn may_list(&self, host: &str) -> Option<bool> {
        let (kind, _, _) = self.get(host.get(host.find("${")?..)?)?;
        if kind != "AWS::S3::Bucket" {
            return None;
        }
        let id = host.split("${").nth(1)?.split(['.', '}']).next()?;
        let names_bucket = |(_, properties): &(&Place, &Value)| {
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
