//! Fields of a rendered configuration: JSON in which a value may be missing, a text or a reference.

use serde_json::Value;

use super::Names;

/// A file in which there is no distribution to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unreadable(pub String);

/// A field, `null` where there is none.
pub(super) fn field<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

/// The items of a list, without what an override has deleted.
pub(super) fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| !item.is_null())
}

/// The error caching TTLs that prewarmers reckon with, each with whether it is this distribution's
/// where that is known: its own one, else each that might be.
pub(super) fn reckoned(given: impl Iterator<Item = (Option<bool>, u64)>) -> Vec<u64> {
    let (own, others): (Vec<_>, Vec<_>) = given.partition(|(own, _)| *own == Some(true));
    let maybe = others
        .into_iter()
        .filter(|(own, _)| own.is_none())
        .collect();
    let counting: Vec<_> = if own.is_empty() { maybe } else { own };
    counting.into_iter().map(|(_, ttl)| ttl).collect()
}

/// A number, also one that is written as a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other
            .as_u64()
            // `30.0`, as some writers of JSON have it.
            .or_else(|| format!("{:.0}", other.as_f64()?).parse().ok()),
    }
}

/// A flag, also one that is written as a text.
pub(super) fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::String(text) => text.to_ascii_lowercase().parse().ok(),
        other => other.as_bool(),
    }
}

/// A text; a reference as its JSON.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The texts of a list.
pub(super) fn texts(value: &Value) -> Vec<String> {
    items(value).filter_map(text).collect()
}

/// The same in lower case, as headers are compared.
pub(super) fn headers(value: &Value) -> Vec<String> {
    let mut names = texts(value);
    for name in &mut names {
        name.make_ascii_lowercase();
    }
    names
}

/// Which names take part, by the word for it.
pub(super) fn names(behavior: &Value, list: Vec<String>) -> Names {
    match behavior.as_str() {
        None | Some("none") => Names::None,
        Some("all" | "allViewer" | "allViewerAndWhitelistCloudFront") => Names::All,
        Some("allExcept") => Names::AllBut(list),
        Some(_) => Names::Only(list),
    }
}
