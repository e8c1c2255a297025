//! Files as JSON, whatever they are written in.

use std::path::Path;

use serde_json::Value;

use crate::yaml;

/// A file that could not be looked at, and why.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub(crate) struct Unreadable {
    pub(crate) file: String,
    pub(crate) why: String,
}

impl Unreadable {
    pub(crate) fn new(file: &Path, why: &impl ToString) -> Self {
        Self {
            file: file.display().to_string(),
            why: why.to_string(),
        }
    }
}

pub(crate) fn text(file: &Path) -> Result<String, Unreadable> {
    std::fs::read_to_string(file).map_err(|error| Unreadable::new(file, &error))
}

pub(crate) fn json(file: &Path) -> Result<Value, Unreadable> {
    serde_json::from_str(&text(file)?)
        .map_err(|error| Unreadable::new(file, &format!("it is not JSON: {error}")))
}

/// A CloudFormation template: JSON begins with a brace, everything else is YAML.
pub(crate) fn template(file: &Path) -> Result<Value, Unreadable> {
    let given = text(file)?;
    if given.trim_start().starts_with('{') {
        return json(file);
    }
    yaml::read(&given).map_err(|error| Unreadable::new(file, &format!("it is not YAML: {error}")))
}
