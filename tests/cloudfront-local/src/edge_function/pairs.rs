//! Names and values in events of CloudFront Functions, and what a function left of them. What it did not touch stays as
//! the viewer wrote it, in its place.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html>

use serde_json::{Map, Value, json};

/// A value each; where a name comes more than once, all of them under `multiValue`.
pub(super) fn write<'a>(pairs: impl Iterator<Item = (&'a str, Value)>) -> Value {
    let mut map = Map::new();
    for (name, entry) in pairs {
        let Some(first) = map.get_mut(name) else {
            map.insert(name.to_owned(), entry);
            continue;
        };
        if first.get("multiValue").is_none() {
            first["multiValue"] = json!([first.clone()]);
        }
        if let Some(all) = first["multiValue"].as_array_mut() {
            all.push(entry);
        }
    }
    Value::Object(map)
}

/// The query parameters or cookies of a text.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = (&str, Value)> {
    text.split(separator)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(name, value)| (name, json!({"value": value})))
}

/// The entries under one name, as a function left them: a changed `multiValue` counts alone, else `value` takes the
/// place of the first.
pub(super) fn entries<'a>(left: &'a Value, shown: &Value) -> Vec<&'a Value> {
    match left["multiValue"].as_array() {
        Some(all) if left["multiValue"] != shown["multiValue"] => all.iter().collect(),
        Some(all) => std::iter::once(left).chain(all.iter().skip(1)).collect(),
        None => vec![left],
    }
}

/// The text after a function: `before` was shown as `shown` and came back as `left`.
pub(super) fn join(before: &str, separator: char, shown: &Value, left: &Value) -> String {
    if let Some(text) = left.as_str() {
        return text.to_owned();
    }
    if left == shown {
        return before.to_owned();
    }
    let mut parts: Vec<String> = Vec::new();
    let mut replaced: Vec<&str> = Vec::new();
    let replace = |name: &str, parts: &mut Vec<String>| {
        let all = entries(&left[name], &shown[name]);
        let values = all.into_iter().filter_map(|entry| entry["value"].as_str());
        parts.extend(values.map(|value| format!("{name}={value}")));
    };
    for part in before.split(separator) {
        let name = part.trim().split('=').next().unwrap_or_default();
        if name.is_empty() || left.get(name).is_some_and(|entry| *entry == shown[name]) {
            parts.push(part.trim().to_owned());
        } else if left.get(name).is_some() && !replaced.contains(&name) {
            replaced.push(name);
            replace(name, &mut parts);
        }
    }
    let added = left.as_object().into_iter().flatten();
    for (name, _) in added.filter(|(name, _)| shown.get(name).is_none()) {
        replace(name, &mut parts);
    }
    let is_gone = parts.iter().all(String::is_empty);
    let between = if separator == ';' { "; " } else { "&" };
    if is_gone {
        String::new()
    } else {
        parts.join(between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(query: &str, change: impl FnOnce(&mut Value)) -> String {
        let shown = write(split(query, '&'));
        let mut left = shown.clone();
        change(&mut left);
        join(query, '&', &shown, &left)
    }

    #[test]
    fn a_function_that_changes_nothing_leaves_the_query_as_it_was() {
        for query in ["b=1&a=2", "b&a=&b=2", "a=1&&b", "", "a%20b=c+d"] {
            assert_eq!(changed(query, |_| {}), query);
        }
    }

    #[test]
    fn changes_are_made_where_the_parameter_stood() {
        let value = |text: &str| json!({"value": text});
        assert_eq!(changed("b=1&a=2", |left| left["b"] = value("9")), "b=9&a=2");
        assert_eq!(
            changed("b=1&a=2", |left| left["c"] = value("3")),
            "b=1&a=2&c=3"
        );
        let removed = changed("b=1&a=2&b=3", |left| {
            left.as_object_mut().unwrap().remove("b");
        });
        assert_eq!(removed, "a=2");
        let first = changed("b=1&a=2&b=3", |left| left["b"]["value"] = json!("9"));
        assert_eq!(first, "b=9&b=3&a=2");
        let all = changed("b=1&b=3", |left| {
            left["b"]["multiValue"] = json!([{"value": "7"}]);
        });
        assert_eq!(all, "b=7");
    }

    #[test]
    fn a_text_takes_the_place_of_the_whole_query() {
        assert_eq!(changed("a=1", |left| *left = json!("x=1&y")), "x=1&y");
    }
}
