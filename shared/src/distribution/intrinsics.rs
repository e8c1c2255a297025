//! CloudFormation's intrinsic functions, as far as they can be computed without deploying. What a
//! resource will be called stays as `${LogicalId}` or `${LogicalId.Attribute}`; of the second and
//! later templates as `${1:LogicalId}` and so on, since two templates may call theirs alike.

use serde_json::{Map, Value};

use super::fields::{field, text};

/// Templates that are deployed together.
pub(super) struct Templates<'t> {
    templates: &'t [Value],
}

impl<'t> Templates<'t> {
    pub(super) fn new(templates: &'t [Value]) -> Self {
        Self { templates }
    }

    /// A value of `template` with everything computed that can be.
    pub(super) fn resolved(&self, value: &Value, template: &Value) -> Value {
        match value {
            Value::Array(list) => list
                .iter()
                .map(|each| self.resolved(each, template))
                .filter(|each| !each.is_null())
                .collect(),
            Value::Object(object) => {
                if let Some((name, argument)) = intrinsic(object) {
                    return self
                        .computed(name, argument, template)
                        .unwrap_or_else(|| value.clone());
                }
                let fields = object
                    .iter()
                    .map(|(name, each)| (name.clone(), self.resolved(each, template)));
                Value::Object(fields.filter(|(_, each)| !each.is_null()).collect())
            }
            other => other.clone(),
        }
    }

    fn computed(&self, name: &str, argument: &Value, template: &Value) -> Option<Value> {
        let list = || self.resolved(argument, template).as_array().cloned();
        match name {
            "Ref" => Some(self.referenced(argument.as_str()?, template)),
            "Fn::GetAtt" => {
                let path = match argument {
                    Value::String(path) => path.clone(),
                    other => list()
                        .or_else(|| other.as_array().cloned())?
                        .iter()
                        .filter_map(text)
                        .collect::<Vec<_>>()
                        .join("."),
                };
                Some(self.attribute(&path, template).into())
            }
            "Fn::Sub" => Some(self.substituted(argument, template)?.into()),
            "Fn::Join" => {
                let argument = argument.as_array()?;
                let parts = self.resolved(argument.get(1)?, template);
                let parts: Vec<_> = parts.as_array()?.iter().filter_map(text).collect();
                Some(parts.join(argument.first()?.as_str()?).into())
            }
            "Fn::If" => {
                let argument = argument.as_array()?;
                let holds = self
                    .holds(argument.first()?.as_str()?, template)
                    .unwrap_or(true);
                Some(self.resolved(argument.get(if holds { 1 } else { 2 })?, template))
            }
            "Fn::FindInMap" => {
                let path = list()?;
                let mut found = field(template, "Mappings");
                for key in &path[..3.min(path.len())] {
                    found = found.get(key.as_str()?)?;
                }
                Some(self.resolved(found, template))
            }
            "Fn::Select" => {
                let argument = argument.as_array()?;
                let index = text(argument.first()?)?.parse::<usize>().ok()?;
                let list = self.resolved(argument.get(1)?, template);
                list.as_array()?.get(index).cloned()
            }
            "Fn::Split" => {
                let argument = list()?;
                let whole = argument.get(1)?.as_str()?;
                Some(
                    whole
                        .split(argument.first()?.as_str()?)
                        .map(Value::from)
                        .collect(),
                )
            }
            "Fn::ImportValue" => self.imported(&text(&self.resolved(argument, template))?),
            _ => None,
        }
    }

    /// The text that stands for a resource of `template`, or for a pseudo parameter.
    fn name_of(&self, id: &str, template: &Value) -> String {
        let is_resource = field(template, "Resources").get(id).is_some();
        let index = self
            .templates
            .iter()
            .position(|each| std::ptr::eq(each, template));
        match index.filter(|_| is_resource) {
            Some(index) => qualified(index, id),
            None => id.to_owned(),
        }
    }

    fn attribute(&self, path: &str, template: &Value) -> String {
        let (id, attribute) = path.split_once('.').unwrap_or((path, ""));
        format!("${{{}.{attribute}}}", self.name_of(id, template))
    }

    fn referenced(&self, name: &str, template: &Value) -> Value {
        if name == "AWS::NoValue" {
            return Value::Null;
        }
        let parameter = field(field(template, "Parameters"), name);
        match field(parameter, "Default") {
            Value::Null => format!("${{{}}}", self.name_of(name, template)).into(),
            default => default.clone(),
        }
    }

    fn substituted(&self, argument: &Value, template: &Value) -> Option<String> {
        let (text_of, own) = match argument {
            Value::Array(pair) => (pair.first()?.as_str()?, pair.get(1).unwrap_or(&Value::Null)),
            other => (other.as_str()?, &Value::Null),
        };
        let mut result = String::new();
        let mut rest = text_of;
        while let Some((before, from)) = rest.split_once("${") {
            let (name, after) = from.split_once('}')?;
            result.push_str(before);
            let value = match own.get(name) {
                Some(value) => self.resolved(value, template),
                None if name.contains('.') => self.attribute(name, template).into(),
                None => self.referenced(name, template),
            };
            result.push_str(&text(&value).unwrap_or_default());
            rest = after;
        }
        result.push_str(rest);
        Some(result)
    }

    fn holds(&self, condition: &str, template: &Value) -> Option<bool> {
        self.truth(field(field(template, "Conditions"), condition), template, 0)
    }

    fn truth(&self, value: &Value, template: &Value, depth: usize) -> Option<bool> {
        let (name, argument) = intrinsic(value.as_object()?)?;
        let parts = || argument.as_array();
        let inner = |each: &Value| self.truth(each, template, depth + 1);
        match name {
            _ if depth > 20 => None,
            "Condition" => inner(field(field(template, "Conditions"), argument.as_str()?)),
            "Fn::Not" => Some(!inner(parts()?.first()?)?),
            "Fn::And" => parts()?
                .iter()
                .try_fold(true, |all, each| Some(all & inner(each)?)),
            "Fn::Or" => parts()?
                .iter()
                .try_fold(false, |any, each| Some(any | inner(each)?)),
            "Fn::Equals" => {
                let sides: Vec<_> = parts()?
                    .iter()
                    .map(|each| self.resolved(each, template))
                    .collect();
                let unknown = |side: &Value| side.as_str().is_some_and(|text| text.contains("${"));
                if sides.iter().any(unknown) {
                    None
                } else {
                    Some(sides.first()? == sides.get(1)?)
                }
            }
            _ => None,
        }
    }

    fn imported(&self, export: &str) -> Option<Value> {
        self.templates.iter().find_map(|template| {
            let outputs = field(template, "Outputs").as_object()?;
            outputs.values().find_map(|output| {
                let name = self.resolved(field(field(output, "Export"), "Name"), template);
                (name == export).then(|| self.resolved(field(output, "Value"), template))
            })
        })
    }
}

/// The name of a resource among several templates.
pub(super) fn qualified(template: usize, id: &str) -> String {
    if template == 0 {
        id.to_owned()
    } else {
        format!("{template}:{id}")
    }
}

/// The template and the logical id that such a name stands for.
pub(super) fn unqualified(name: &str) -> (usize, &str) {
    let parts = name.split_once(':');
    let qualified = parts.and_then(|(template, id)| Some((template.parse().ok()?, id)));
    qualified.unwrap_or((0, name))
}

/// The function and its argument, where an object is one.
fn intrinsic(object: &Map<String, Value>) -> Option<(&str, &Value)> {
    let mut fields = object.iter();
    match (fields.next(), fields.next()) {
        (Some((name, argument)), None)
            if name == "Ref"
                || name == "Condition" && argument.is_string()
                || name.starts_with("Fn::") =>
        {
            Some((name, argument))
        }
        _ => None,
    }
}
