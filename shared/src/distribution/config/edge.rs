//! The Lambda@Edge functions of a behaviour.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Resources;
use crate::distribution::fields::{field, items, number, text, texts};
use crate::distribution::{EdgeFunction, EdgeSettings};

pub(super) fn functions(
    each: &Value,
    resources: &impl Resources,
) -> BTreeMap<String, EdgeFunction> {
    items(field(each, "LambdaFunctionAssociations"))
        .filter_map(|item| {
            let reference = text(field(item, "LambdaFunctionARN"))?;
            let found = resources.function(&reference);
            let mut settings = found.map(|(properties, _)| edge_settings(properties));
            let is_version =
                found.map_or_else(|| names_version(&reference), |(_, version)| version);
            if !is_version {
                let unpublished = ("version".to_owned(), reference.clone());
                settings
                    .get_or_insert_default()
                    .unsupported
                    .push(unpublished);
            }
            if resources.is_provisioned(&reference) {
                let provisioned = ("provisioned concurrency".to_owned(), reference.clone());
                settings
                    .get_or_insert_default()
                    .unsupported
                    .push(provisioned);
            }
            let role = found.and_then(|(properties, _)| role(properties));
            Some((
                text(field(item, "EventType"))?,
                EdgeFunction {
                    reference,
                    role,
                    settings,
                },
            ))
        })
        .collect()
}

/// Whether an ARN ends in a version's number, where it is an ARN that can be read.
fn names_version(reference: &str) -> bool {
    let Some((_, name)) = reference.split_once(":function:") else {
        return true;
    };
    match name.split_once(':') {
        None => reference.contains('{'),
        Some((_, version)) => version.contains('{') || version.parse::<u64>().is_ok(),
    }
}

fn role(properties: &Value) -> Option<String> {
    let tags = field(properties, "Tags");
    text(field(tags, "warmfront:role")).or_else(|| {
        items(tags)
            .find(|tag| field(tag, "Key") == "warmfront:role")
            .and_then(|tag| text(field(tag, "Value")))
    })
}

fn edge_settings(properties: &Value) -> EdgeSettings {
    let mut unsupported = Vec::new();
    let mut note = |name: &str, value: String| unsupported.push((name.to_owned(), value));
    let architectures = texts(field(properties, "Architectures"));
    if architectures.iter().any(|each| each != "x86_64") {
        note("architecture", architectures.join(", "));
    }
    if items(field(properties, "Layers")).next().is_some() {
        note("layers", texts(field(properties, "Layers")).join(", "));
    }
    let tracing = [
        field(field(properties, "TracingConfig"), "Mode"),
        field(properties, "Tracing"),
    ];
    if tracing.iter().any(|mode| *mode == "Active") {
        note("tracing", "Active".to_owned());
    }
    if let Some(when) = text(field(field(properties, "SnapStart"), "ApplyOn"))
        && when != "None"
    {
        note("SnapStart", when);
    }
    if let Some(reserved) = number(field(properties, "ReservedConcurrentExecutions")) {
        note("reserved concurrency", reserved.to_string());
    }
    let variables = field(field(properties, "Environment"), "Variables");
    if let Some(variables) = variables
        .as_object()
        .filter(|variables| !variables.is_empty())
    {
        note(
            "environment variables",
            variables.keys().cloned().collect::<Vec<_>>().join(", "),
        );
    }
    for (name, what) in [
        ("VpcConfig", "a VPC"),
        ("DeadLetterConfig", "a dead-letter queue"),
        ("FileSystemConfigs", "a file system"),
        ("ImageConfig", "a container image"),
        ("KmsKeyArn", "a key of its own"),
    ] {
        let value = field(properties, name);
        let is_set = match value {
            Value::Null => false,
            Value::Array(list) => !list.is_empty(),
            Value::Object(object) => !object.is_empty(),
            _ => true,
        };
        if is_set {
            note(what, name.to_owned());
        }
    }
    if let Some(storage) = number(field(field(properties, "EphemeralStorage"), "Size"))
        && storage > 512
    {
        note("more than 512 MB of storage", format!("{storage} MB"));
    }
    if let Some(mode) = text(field(
        field(properties, "RuntimeManagementConfig"),
        "UpdateRuntimeOn",
    )) && mode != "Auto"
    {
        note("a runtime that is updated by hand", mode);
    }
    if field(properties, "PackageType") == "Image" {
        note("a container image", "PackageType".to_owned());
    }
    if let Some(runtime) = text(field(properties, "Runtime"))
        && !runtime.starts_with("nodejs")
        && !runtime.starts_with("python")
    {
        note("runtime", runtime);
    }
    EdgeSettings {
        memory: number(field(properties, "MemorySize")).unwrap_or(128),
        timeout: number(field(properties, "Timeout")).unwrap_or(3),
        unsupported,
    }
}
