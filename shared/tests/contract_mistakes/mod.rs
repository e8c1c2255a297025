//! Mistakes in a contract, each with the rule that it breaks, by what they are about.

mod fields;
mod key;
mod paths;
mod requests;
mod variants;

use serde_json::{Value, json};

use crate::mistake::set;

/// The contract of the tests.
pub(crate) const CONTRACT: &str = include_str!("../fixture/contract.json");

pub(crate) fn example() -> Value {
    serde_json::from_str(CONTRACT).unwrap()
}

/// The rule, where the mistake is made, and what is written there.
pub(crate) type Mistake = (&'static str, &'static str, Value);

/// Mistakes in one place.
pub(crate) fn mistakes() -> Vec<Mistake> {
    [
        fields::mistakes(),
        paths::mistakes(),
        key::mistakes(),
        variants::mistakes(),
        requests::mistakes(),
    ]
    .concat()
}

/// Mistakes that take more than one place.
pub(crate) fn larger() -> Vec<(&'static str, String)> {
    let changed = |changes: &[(&str, Value)]| {
        let mut document = example();
        for (pointer, value) in changes {
            set(&mut document, pointer, value.clone());
        }
        document.to_string()
    };
    let paths = |n: usize| -> Value {
        (0..n).map(|i| json!({"pattern": format!("/api/{i}/*"), "defaultTtl": format!("{}s", i + 1), "maxTtl": "7d"})).collect()
    };
    let scopes: serde_json::Map<_, _> = (0..25)
        .map(|i| (format!("s{i}"), json!(["/api/*"])))
        .collect();
    let values: Value = (0..17)
        .map(|i| {
            let value = format!("v{i}");
            json!({"value": value, "matches": [format!("{value};")], "send": format!("{value};")})
        })
        .collect();
    vec![
        ("not-json", "{".to_owned()),
        ("not-json", format!("\u{feff}{CONTRACT}")),
        (
            "key-twice",
            CONTRACT.replacen("\"tagPrefix\"", "\"tagPrefix\": \"x:\", \"tagPrefix\"", 1),
        ),
        (
            "key-twice",
            CONTRACT.replacen("\"claim\"", "\"claim\": \"x\", \"claim\"", 1),
        ),
        (
            "too-many-tags",
            changed(&[("/scopes", Value::Object(scopes))]),
        ),
        ("too-many-paths", changed(&[("/paths", paths(74))])),
        ("too-many-ttls", changed(&[("/paths", paths(21))])),
        (
            "too-many-variants",
            changed(&[
                ("/variants/1/values", values),
                ("/variants/1/default", json!("v0")),
            ]),
        ),
        (
            "probe-without-version",
            CONTRACT.replace(
                r#""version": { "header": "x-data-version", "order": "integer" },"#,
                "",
            ),
        ),
    ]
}
