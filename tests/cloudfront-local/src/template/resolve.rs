//! One template, and CloudFormation's intrinsic functions as far as the CDK emits them.
//!
//! Physical ids are made up, but the same on every start: they are derived from stack and logical id.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::app::App;

/// The account that pseudo parameters name.
const ACCOUNT: &str = "000000000000";

/// One template.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) manifest: PathBuf,
    body: Value,
    parameters: BTreeMap<String, String>,
}

impl Stack {
    pub(crate) fn new(path: &Path, body: Value, parameters: BTreeMap<String, String>) -> Self {
        let file = path.file_name().unwrap_or_default().to_string_lossy();
        let name = file.split('.').next().unwrap_or_default().to_owned();
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self {
            manifest: folder.join(format!("{name}.assets.json")),
            name,
            folder,
            body,
            parameters,
        }
    }

    /// Resources of a type, whose conditions are not looked at: the caller resolves them.
    pub(crate) fn resources_of<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.section("Resources")
            .into_iter()
            .flatten()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(id, resource)| (id.as_str(), &resource["Properties"]))
    }

    pub(crate) fn resource(&self, logical_id: &str) -> Option<&Value> {
        self.section("Resources")?.get(logical_id)
    }

    pub(super) fn section(&self, name: &str) -> Option<&Map<String, Value>> {
        self.body.get(name)?.as_object()
    }

    /// A physical id: same template, same id.
    pub(crate) fn physical_id(&self, logical_id: &str, length: usize) -> String {
        const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
        // FNV-1a: stable over versions of Rust, which the standard hasher is not.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in self.name.bytes().chain([b'/']).chain(logical_id.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        let mut rng = fastrand::Rng::with_seed(hash);
        (0..length)
            .map(|_| char::from(ALPHABET[rng.usize(..ALPHABET.len())]))
            .collect()
    }

    pub(crate) fn viewer_function_arn(&self, logical_id: &str) -> String {
        format!(
            "arn:aws:cloudfront::{ACCOUNT}:function/{}-{logical_id}",
            self.name
        )
    }

    /// ARN of a function; its version, where one is referred to, is always 1.
    pub(crate) fn function_arn(&self, logical_id: &str) -> String {
        format!(
            "arn:aws:lambda:us-east-1:{ACCOUNT}:function:{}-{logical_id}",
            self.name
        )
    }

    fn reference(&self, app: &App, name: &str) -> Value {
        if let Some(given) = self.parameters.get(name) {
            return Value::from(given.clone());
        }
        if let Some(parameter) = self.section("Parameters").and_then(|all| all.get(name)) {
            return parameter
                .get("Default")
                .cloned()
                .unwrap_or_else(|| Value::from(name));
        }
        match name {
            "AWS::AccountId" => return Value::from(ACCOUNT),
            "AWS::Region" => return Value::from("us-east-1"),
            "AWS::Partition" => return Value::from("aws"),
            "AWS::URLSuffix" => return Value::from("amazonaws.com"),
            "AWS::StackName" => return Value::from(self.name.clone()),
            "AWS::NoValue" => return Value::Null,
            _ => {}
        }
        let Some(resource) = self.resource(name) else {
            return Value::from(name);
        };
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::CloudFront::Distribution" => {
                Value::from(format!("E{}", self.physical_id(name, 13)))
            }
            "AWS::Lambda::Version" => {
                let function = self.resolve(app, &resource["Properties"]["FunctionName"]);
                let function = function.as_str().unwrap_or_default();
                let arn = if function.starts_with("arn:") {
                    function.to_owned()
                } else {
                    self.function_arn(function)
                };
                Value::from(format!("{arn}:1"))
            }
            "AWS::CloudFront::CachePolicy"
            | "AWS::CloudFront::OriginRequestPolicy"
            | "AWS::CloudFront::ResponseHeadersPolicy"
            | "AWS::CloudFront::KeyGroup"
            | "AWS::CloudFront::KeyValueStore" => Value::from(format!("{}/{name}", self.name)),
            "AWS::CloudFront::PublicKey" => Value::from(self.key_pair_id(name)),
            "AWS::CloudFront::DistributionTenant" => Value::from(self.tenant_id(name)),
            "AWS::SSM::Parameter" => self.resolve(app, &resource["Properties"]["Name"]),
            _ => Value::from(name),
        }
    }

    fn attribute(&self, app: &App, logical_id: &str, attribute: &str) -> Value {
        let Some(resource) = self.resource(logical_id) else {
            return Value::from(format!("{logical_id}.{attribute}"));
        };
        let properties = &resource["Properties"];
        match (resource["Type"].as_str().unwrap_or_default(), attribute) {
            ("AWS::CloudFront::Distribution", "DomainName") => {
                Value::from(self.domain_name(logical_id))
            }
            ("AWS::CloudFront::Distribution", "Id") | ("AWS::Lambda::Version", "FunctionArn") => {
                self.reference(app, logical_id)
            }
            ("AWS::Lambda::Function", "Arn") => Value::from(self.function_arn(logical_id)),
            ("AWS::SSM::Parameter", "Value") => self.resolve(app, &properties["Value"]),
            ("AWS::CloudFront::KeyValueStore", _) => self.reference(app, logical_id),
            ("AWS::CloudFront::Function", _) => Value::from(self.viewer_function_arn(logical_id)),
            ("Custom::CrossRegionStringParameterReader", "FunctionArn") => {
                let name = self.resolve(app, &properties["ParameterName"]);
                app.export(name.as_str().unwrap_or_default())
            }
            ("Custom::CrossRegionExportReader", name) => app.export(name),
            _ if attribute.ends_with("Id") => self.reference(app, logical_id),
            _ => Value::from(format!("{logical_id}.{attribute}")),
        }
    }

    pub(crate) fn tenant_id(&self, logical_id: &str) -> String {
        format!("dt_{}", self.physical_id(logical_id, 20))
    }

    pub(crate) fn key_pair_id(&self, logical_id: &str) -> String {
        format!("K{}", self.physical_id(logical_id, 13))
    }

    pub(crate) fn domain_name(&self, logical_id: &str) -> String {
        format!(
            "d{}.cloudfront.net",
            self.physical_id(logical_id, 13).to_ascii_lowercase()
        )
    }

    /// A value with its intrinsic functions replaced; `AWS::NoValue` members are dropped.
    pub(crate) fn resolve(&self, app: &App, value: &Value) -> Value {
        match value {
            Value::Array(items) => items
                .iter()
                .map(|item| self.resolve(app, item))
                .filter(|item| !item.is_null())
                .collect(),
            Value::Object(members) => {
                if let Some((name, argument)) = only_member(members)
                    && let Some(result) = self.intrinsic(app, name, argument)
                {
                    return result;
                }
                let resolved = members
                    .iter()
                    .map(|(key, item)| (key.clone(), self.resolve(app, item)));
                resolved.filter(|(_, item)| !item.is_null()).collect()
            }
            plain => plain.clone(),
        }
    }

    fn intrinsic(&self, app: &App, name: &str, argument: &Value) -> Option<Value> {
        let resolved = |value: &Value| self.resolve(app, value);
        let text = |value: &Value| plain_text(&resolved(value));
        Some(match name {
            "Ref" => self.reference(app, argument.as_str()?),
            "Fn::GetAtt" => match argument {
                Value::Array(parts) => {
                    self.attribute(app, parts.first()?.as_str()?, &text(parts.get(1)?))
                }
                dotted => {
                    let (id, attribute) = dotted.as_str()?.split_once('.')?;
                    self.attribute(app, id, attribute)
                }
            },
            "Fn::Join" => {
                let parts: Vec<String> = resolved(argument.get(1)?)
                    .as_array()?
                    .iter()
                    .map(plain_text)
                    .collect();
                Value::from(parts.join(argument.get(0)?.as_str()?))
            }
            "Fn::Split" => {
                let whole = text(argument.get(1)?);
                whole
                    .split(argument.get(0)?.as_str()?)
                    .map(Value::from)
                    .collect()
            }
            "Fn::Select" => {
                let index: usize = text(argument.get(0)?).parse().ok()?;
                resolved(argument.get(1)?).get(index)?.clone()
            }
            "Fn::Sub" => self.substitute(app, argument)?,
            "Fn::If" => {
                let branch = if self.condition(app, argument.get(0)?.as_str()?) {
                    1
                } else {
                    2
                };
                resolved(argument.get(branch)?)
            }
            "Fn::FindInMap" => {
                let (map, first, second) = (
                    text(argument.get(0)?),
                    text(argument.get(1)?),
                    text(argument.get(2)?),
                );
                resolved(
                    self.section("Mappings")?
                        .get(&map)?
                        .get(first)?
                        .get(second)?,
                )
            }
            "Fn::ImportValue" => app.export(&text(argument)),
            "Fn::GetAZs" => Value::from(vec!["us-east-1a", "us-east-1b"]),
            _ => return None,
        })
    }

    fn substitute(&self, app: &App, argument: &Value) -> Option<Value> {
        let template = argument.as_str().or_else(|| argument.get(0)?.as_str())?;
        let own = argument.get(1);
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let (name, tail) = after.split_once('}')?;
            rest = tail;
            if let Some(literal) = name.strip_prefix('!') {
                out.extend(["${", literal, "}"]);
            } else if let Some(value) = own.and_then(|own| own.get(name)) {
                out.push_str(&plain_text(&self.resolve(app, value)));
            } else if let Some((id, attribute)) = name.split_once('.') {
                out.push_str(&plain_text(&self.attribute(app, id, attribute)));
            } else {
                out.push_str(&plain_text(&self.reference(app, name)));
            }
        }
        out.push_str(rest);
        Some(Value::from(out))
    }

    /// Whether a resource's condition, if it has one, holds.
    pub(crate) fn is_wanted(&self, app: &App, logical_id: &str) -> bool {
        self.resource(logical_id)
            .and_then(|resource| resource["Condition"].as_str())
            .is_none_or(|name| self.condition(app, name))
    }

    fn condition(&self, app: &App, name: &str) -> bool {
        self.section("Conditions")
            .and_then(|all| all.get(name))
            .is_some_and(|rule| self.holds(app, rule))
    }

    fn holds(&self, app: &App, rule: &Value) -> bool {
        let Some((name, argument)) = rule.as_object().and_then(only_member) else {
            return false;
        };
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (name, parts) {
            ("Fn::Equals", [left, right]) => self.resolve(app, left) == self.resolve(app, right),
            ("Fn::Not", [inner]) => !self.holds(app, inner),
            ("Fn::And", all) => all.iter().all(|one| self.holds(app, one)),
            ("Fn::Or", all) => all.iter().any(|one| self.holds(app, one)),
            ("Condition", _) => argument
                .as_str()
                .is_some_and(|name| self.condition(app, name)),
            _ => false,
        }
    }
}

fn only_member(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut all = members.iter();
    match (all.next(), all.next()) {
        (Some((name, value)), None) => Some((name, value)),
        _ => None,
    }
}

/// Numbers and booleans are written as strings as often as not.
pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
