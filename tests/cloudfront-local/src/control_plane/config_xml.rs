//! A distribution's configuration between the form that templates have, in which it is kept, and the API's XML.

use serde_json::{Map, Value};

use super::element::{Element, malformed};
use super::schema::{CONFIG, Member, SUMMARY, Shape};
use super::xml::{element, parent};
use crate::model::Refusal;

/// The members of `DistributionConfig` but for `CallerReference`.
pub(super) fn write(config: &Value) -> String {
    structure(CONFIG, config)
}

/// Those that a `DistributionSummary` has.
pub(super) fn write_summary(config: &Value) -> String {
    let wanted = CONFIG.iter().filter(|one| SUMMARY.contains(&one.api));
    wanted.map(|one| member(one, config)).collect()
}

fn structure(members: &[Member], object: &Value) -> String {
    members.iter().map(|one| member(one, object)).collect()
}

fn member(member: &Member, object: &Value) -> String {
    let default = member.default.map(default_value);
    match object.get(member.template).or(default.as_ref()) {
        None | Some(Value::Null) => String::new(),
        Some(value) => shaped(member.api, &member.shape, value, object),
    }
}

fn shaped(name: &str, shape: &Shape, value: &Value, around: &Value) -> String {
    match shape {
        Shape::Text | Shape::Whole | Shape::Flag => match value {
            Value::String(text) => element(name, text),
            other => element(name, &other.to_string()),
        },
        Shape::Structure(members) => parent(name, &structure(members, value)),
        Shape::List(item, inner) | Shape::Wrapped(item, inner) => {
            parent(name, &list(item, inner, items(value)))
        }
        Shape::Bare(item, inner) => {
            let all = items(value).iter();
            let all = all.map(|one| shaped(item, inner, one, &Value::Null));
            parent(name, &all.collect::<String>())
        }
        Shape::Switched(item) => {
            let items = items(value);
            let is_on = if items.is_empty() { "false" } else { "true" };
            parent(
                name,
                &(element("Enabled", is_on) + &list(item, &Shape::Text, items)),
            )
        }
        Shape::Methods => {
            let allowed = list("Method", &Shape::Text, items(value));
            let default = default_value("[\"HEAD\",\"GET\"]");
            let cached = items(around.get("CachedMethods").unwrap_or(&default));
            let cached = parent("CachedMethods", &list("Method", &Shape::Text, cached));
            parent(name, &(allowed + &cached))
        }
        Shape::GeoRestriction => {
            let kind = value["RestrictionType"].as_str().unwrap_or("none");
            let locations = list("Location", &Shape::Text, items(&value["Locations"]));
            parent(name, &(element("RestrictionType", kind) + &locations))
        }
    }
}

fn list(item: &str, shape: &Shape, items: &[Value]) -> String {
    let quantity = element("Quantity", &items.len().to_string());
    if items.is_empty() {
        return quantity;
    }
    let each = items
        .iter()
        .map(|one| shaped(item, shape, one, &Value::Null));
    quantity + &parent("Items", &each.collect::<String>())
}

fn items(value: &Value) -> &[Value] {
    let list = value.get("Items").unwrap_or(value).as_array();
    list.map_or(&[], Vec::as_slice)
}

fn default_value(json: &str) -> Value {
    serde_json::from_str(json).expect("the defaults of the schema are JSON")
}

/// Reads `DistributionConfig`: caller reference, and the configuration as a template would have it. What equals a
/// default is left out.
pub(super) fn read(root: &Element) -> Result<(String, Value), Refusal> {
    if root.name != "DistributionConfig" {
        return Err(malformed("DistributionConfig is expected"));
    }
    let reference = root.child("CallerReference");
    let reference = reference.ok_or_else(|| malformed("CallerReference is missing"))?;
    let config = read_structure(CONFIG, root, &["CallerReference"])?;
    Ok((reference.text.trim().to_owned(), config))
}

fn read_structure(members: &[Member], at: &Element, beside: &[&str]) -> Result<Value, Refusal> {
    let is_known = |name: &str| members.iter().any(|one| one.api == name) || beside.contains(&name);
    if let Some(odd) = at.children.iter().find(|child| !is_known(&child.name)) {
        let told = format!("{} has no member {}", at.name, odd.name);
        return Err(malformed(&told));
    }
    let mut object = Map::new();
    for member in members {
        let Some(child) = at.child(member.api) else {
            continue;
        };
        let value = read_shaped(&member.shape, child)?;
        if let Shape::Methods = member.shape
            && let Some(cached) = child.child("CachedMethods")
        {
            let methods = read_items(cached, "Method", &Shape::Text)?;
            object.insert("CachedMethods".to_owned(), Value::Array(methods));
        }
        let is_default = member
            .default
            .is_some_and(|json| default_value(json) == value);
        if !is_default {
            object.insert(member.template.to_owned(), value);
        }
    }
    Ok(Value::Object(object))
}

fn read_shaped(shape: &Shape, at: &Element) -> Result<Value, Refusal> {
    let text = at.text.trim();
    let odd = |what: &str| malformed(&format!("{} is {text:?}, which is no {what}", at.name));
    Ok(match shape {
        Shape::Text => Value::from(at.text.as_str()),
        Shape::Whole => Value::from(text.parse::<u64>().map_err(|_| odd("whole number"))?),
        Shape::Flag => Value::from(text.parse::<bool>().map_err(|_| odd("boolean"))?),
        Shape::Structure(members) => read_structure(members, at, &[])?,
        Shape::List(item, inner) => Value::Array(read_items(at, item, inner)?),
        Shape::Wrapped(item, inner) => {
            let items = read_items(at, item, inner)?;
            serde_json::json!({"Quantity": items.len(), "Items": items})
        }
        Shape::Bare(_, inner) => at
            .children
            .iter()
            .map(|one| read_shaped(inner, one))
            .collect::<Result<_, _>>()?,
        Shape::Switched(item) => Value::Array(read_items(at, item, &Shape::Text)?),
        Shape::Methods => Value::Array(read_items(at, "Method", &Shape::Text)?),
        Shape::GeoRestriction => {
            let kind = at
                .child("RestrictionType")
                .map_or("none", |one| one.text.trim());
            let locations = read_items(at, "Location", &Shape::Text)?;
            if locations.is_empty() {
                serde_json::json!({"RestrictionType": kind})
            } else {
                serde_json::json!({"RestrictionType": kind, "Locations": locations})
            }
        }
    })
}

fn read_items(at: &Element, item: &str, shape: &Shape) -> Result<Vec<Value>, Refusal> {
    let listed = at.child("Items").map_or(&[][..], |items| &items.children);
    let quantity = at.child("Quantity").map_or("0", |one| one.text.trim());
    if quantity.parse() != Ok(listed.len()) {
        return Err(Refusal::new(
            400,
            "InconsistentQuantities",
            format!(
                "The value of Quantity and the size of Items don't match in {}.",
                at.name
            ),
        ));
    }
    let each = listed.iter().map(|one| {
        if one.name == item {
            read_shaped(shape, one)
        } else {
            let told = format!(
                "Items of {} holds {} where {item} is expected",
                at.name, one.name
            );
            Err(malformed(&told))
        }
    });
    each.collect()
}
