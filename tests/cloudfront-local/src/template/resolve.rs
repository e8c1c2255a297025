//! CloudFormation's intrinsic functions. What cannot be known before a stack is deployed has a reason, never a text that
//! stands for it.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html>

use base64::Engine as _;
use serde_json::{Map, Value};

use super::app::App;
use super::stack::Stack;

/// Why a value cannot be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unresolved(pub(crate) String);

/// A value, or why it cannot be known.
pub(crate) type Resolved<T = Value> = Result<T, Unresolved>;

impl Stack {
    /// A value with its intrinsic functions replaced; `AWS::NoValue` members are dropped. A member that cannot be known
    /// is dropped too, and handed to `unknown` with its place.
    pub(crate) fn resolve_with(
        &self,
        app: &App,
        at: &str,
        value: &Value,
        unknown: &mut dyn FnMut(&str, &Unresolved),
    ) -> Value {
        match value {
            Value::Array(items) => {
                let each = items.iter().enumerate().map(|(index, item)| {
                    self.resolve_with(app, &format!("{at}[{index}]"), item, unknown)
                });
                each.filter(|item| !item.is_null()).collect()
            }
            Value::Object(members) => match intrinsic_call(members) {
                Some(("Fn::If", argument)) => match self.branch(app, argument) {
                    Ok(branch) => self.resolve_with(app, at, branch, unknown),
                    Err(reason) => {
                        unknown(at, &reason);
                        Value::Null
                    }
                },
                Some(_) => self.evaluate(app, value).unwrap_or_else(|reason| {
                    unknown(at, &reason);
                    Value::Null
                }),
                None => {
                    let each = members.iter().map(|(name, item)| {
                        let inner = format!("{at}.{name}");
                        (name.clone(), self.resolve_with(app, &inner, item, unknown))
                    });
                    each.filter(|(_, item)| !item.is_null()).collect()
                }
            },
            plain => self.evaluate(app, plain).unwrap_or_else(|reason| {
                unknown(at, &reason);
                Value::Null
            }),
        }
    }

    /// As above, for what may be incomplete.
    pub(crate) fn resolve(&self, app: &App, value: &Value) -> Value {
        self.resolve_with(app, "", value, &mut |_, _| {})
    }

    /// A value with its intrinsic functions replaced.
    pub(super) fn evaluate(&self, app: &App, value: &Value) -> Resolved {
        match value {
            Value::Array(items) => {
                let each = items.iter().map(|item| self.evaluate(app, item));
                let known: Vec<Value> = each.collect::<Resolved<_>>()?;
                Ok(known.into_iter().filter(|item| !item.is_null()).collect())
            }
            Value::Object(members) => {
                if let Some((name, argument)) = intrinsic_call(members) {
                    return self.intrinsic(app, name, argument);
                }
                let mut known = Map::new();
                for (name, item) in members {
                    let item = self.evaluate(app, item)?;
                    if !item.is_null() {
                        known.insert(name.clone(), item);
                    }
                }
                Ok(Value::Object(known))
            }
            Value::String(text) if text.contains("{{resolve:") => {
                self.dynamic_references(app, text).map(Value::from)
            }
            plain => Ok(plain.clone()),
        }
    }

    fn text(&self, app: &App, value: &Value) -> Resolved<String> {
        self.evaluate(app, value).map(|known| plain_text(&known))
    }

    fn intrinsic(&self, app: &App, name: &str, argument: &Value) -> Resolved {
        match name {
            "Ref" => self.reference(app, argument.as_str().ok_or_else(|| odd(name))?),
            "Fn::GetAtt" => self.get_attribute(app, argument),
            "Fn::Join" => {
                let [separator, items] = arguments(name, argument)?;
                let parts = self.evaluate(app, items)?;
                let parts = parts.as_array().ok_or_else(|| odd(name))?;
                let parts: Vec<String> = parts.iter().map(plain_text).collect();
                Ok(Value::from(parts.join(&plain_text(separator))))
            }
            "Fn::Split" => {
                let [separator, whole] = arguments(name, argument)?;
                let whole = self.text(app, whole)?;
                Ok(whole
                    .split(&plain_text(separator))
                    .map(Value::from)
                    .collect())
            }
            "Fn::Select" => {
                let [index, list] = arguments(name, argument)?;
                let index = self.text(app, index)?;
                let list = self.evaluate(app, list)?;
                let item = index.parse::<usize>().ok().and_then(|n| list.get(n));
                item.cloned()
                    .ok_or_else(|| Unresolved(format!("Fn::Select: {list} has no item {index:?}")))
            }
            "Fn::Sub" => self.substitute(app, argument).map(Value::from),
            "Fn::If" => self.evaluate(app, self.branch(app, argument)?),
            "Fn::FindInMap" => self.find_in_map(app, argument),
            "Fn::ImportValue" => app.export(&self.text(app, argument)?),
            "Fn::Base64" => {
                let text = self.text(app, argument)?;
                let encoded = base64::engine::general_purpose::STANDARD.encode(text);
                Ok(Value::from(encoded))
            }
            "Fn::GetAZs" => Ok(Value::from(vec!["us-east-1a", "us-east-1b"])),
            "Condition" => {
                let name = argument.as_str().ok_or_else(|| odd(name))?;
                self.condition(app, name).map(Value::from)
            }
            other => Err(Unresolved(format!("{other} is not known here"))),
        }
    }

    fn get_attribute(&self, app: &App, argument: &Value) -> Resolved {
        let (id, attribute) = match argument {
            Value::Array(parts) if parts.len() == 2 => {
                (plain_text(&parts[0]), self.text(app, &parts[1])?)
            }
            Value::String(dotted) => {
                let (id, attribute) = dotted.split_once('.').ok_or_else(|| odd("Fn::GetAtt"))?;
                (id.to_owned(), attribute.to_owned())
            }
            _ => return Err(odd("Fn::GetAtt")),
        };
        self.attribute(app, &id, &attribute)
    }

    fn find_in_map(&self, app: &App, argument: &Value) -> Resolved {
        let parts = argument.as_array().ok_or_else(|| odd("Fn::FindInMap"))?;
        let keys = parts.iter().take(3).map(|part| self.text(app, part));
        let keys: Vec<String> = keys.collect::<Resolved<_>>()?;
        let [map, first, second] = &keys[..] else {
            return Err(odd("Fn::FindInMap"));
        };
        let found = self.section("Mappings").and_then(|all| all.get(map));
        let found = found.and_then(|map| map.get(first)?.get(second));
        match found.or_else(|| parts.get(3)?.get("DefaultValue")) {
            Some(value) => self.evaluate(app, value),
            None => Err(Unresolved(format!(
                "mapping {map} has no {first:?} with {second:?}"
            ))),
        }
    }

    fn substitute(&self, app: &App, argument: &Value) -> Resolved<String> {
        let template = argument.as_str().or_else(|| argument.get(0)?.as_str());
        let own = argument.get(1);
        let mut out = String::new();
        let mut rest = template.ok_or_else(|| odd("Fn::Sub"))?;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let (name, tail) = after.split_once('}').ok_or_else(|| odd("Fn::Sub"))?;
            rest = tail;
            let name = name.trim();
            if let Some(literal) = name.strip_prefix('!') {
                out.extend(["${", literal, "}"]);
                continue;
            }
            let value = if let Some(value) = own.and_then(|own| own.get(name)) {
                self.evaluate(app, value)?
            } else if self.resource(name).is_none()
                && let Some((id, attribute)) = name.split_once('.')
            {
                self.attribute(app, id, attribute)?
            } else {
                self.reference(app, name)?
            };
            out.push_str(&plain_text(&value));
        }
        out.push_str(rest);
        self.dynamic_references(app, &out)
    }

    /// Replaces each `{{resolve:…}}` by what a stack of the app hands over, or by the parameter of that name.
    fn dynamic_references(&self, app: &App, text: &str) -> Resolved<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            out.push_str(before);
            let (reference, tail) = after
                .split_once("}}")
                .ok_or_else(|| odd("the dynamic reference"))?;
            rest = tail;
            let mut parts = reference.splitn(3, ':');
            let (service, name) = (parts.next(), parts.next().unwrap_or_default());
            let known = match service {
                Some("ssm") => app.handed_over(name),
                _ => None,
            };
            let given = self.parameters.get(&format!("resolve:{reference}"));
            let value = given.cloned().or_else(|| known.map(plain_text));
            out.push_str(&value.ok_or_else(|| {
                Unresolved(format!(
                    "{{{{resolve:{reference}}}}} is known only to AWS: give --parameter 'resolve:{reference}=VALUE'"
                ))
            })?);
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Whether a resource is made: its condition, if it has one, holds.
    pub(crate) fn is_wanted(&self, app: &App, logical_id: &str) -> Resolved<bool> {
        let condition = self
            .resource(logical_id)
            .and_then(|resource| resource["Condition"].as_str());
        condition.map_or(Ok(true), |name| self.condition(app, name))
    }

    fn branch<'a>(&self, app: &App, argument: &'a Value) -> Resolved<&'a Value> {
        let name = argument.get(0).and_then(Value::as_str);
        let holds = self.condition(app, name.ok_or_else(|| odd("Fn::If"))?)?;
        let branch = argument.get(if holds { 1 } else { 2 });
        branch.ok_or_else(|| odd("Fn::If"))
    }

    fn condition(&self, app: &App, name: &str) -> Resolved<bool> {
        let rule = self.section("Conditions").and_then(|all| all.get(name));
        let rule = rule.ok_or_else(|| Unresolved(format!("there is no condition {name}")))?;
        self.holds(app, rule)
    }

    fn holds(&self, app: &App, rule: &Value) -> Resolved<bool> {
        let members = rule.as_object().and_then(only_member);
        let (name, argument) = members.ok_or_else(|| odd("the condition"))?;
        let parts = argument.as_array().map_or(&[][..], Vec::as_slice);
        match (name, parts) {
            ("Fn::Equals", [left, right]) => Ok(self.text(app, left)? == self.text(app, right)?),
            ("Fn::Not", [inner]) => Ok(!self.holds(app, inner)?),
            ("Fn::And", all) => all
                .iter()
                .try_fold(true, |so_far, one| Ok(so_far & self.holds(app, one)?)),
            ("Fn::Or", all) => all
                .iter()
                .try_fold(false, |so_far, one| Ok(so_far | self.holds(app, one)?)),
            ("Condition", _) => {
                self.condition(app, argument.as_str().ok_or_else(|| odd("Condition"))?)
            }
            (other, _) => Err(Unresolved(format!("{other} is not known in a condition"))),
        }
    }
}

fn odd(function: &str) -> Unresolved {
    Unresolved(format!(
        "{function} is not written as CloudFormation takes it"
    ))
}

fn arguments<'a>(function: &str, argument: &'a Value) -> Resolved<&'a [Value; 2]> {
    let both = argument
        .as_array()
        .and_then(|all| all.as_slice().try_into().ok());
    both.ok_or_else(|| odd(function))
}

/// The call of an intrinsic function, if the object is one.
fn intrinsic_call(members: &Map<String, Value>) -> Option<(&str, &Value)> {
    only_member(members).filter(|(name, argument)| {
        *name == "Ref" || name.starts_with("Fn::") || (*name == "Condition" && argument.is_string())
    })
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
