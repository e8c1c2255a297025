//! `JSONPath`, as far as the state machine uses it: `$.a.b` in the input, `$$.a.b` in the context object.

use serde_json::{Map, Value};

use super::TaskError;

/// The value at a path. A path to nothing fails, as it does in Step Functions.
pub(super) fn select(path: &str, input: &Value, context: &Value) -> Result<Value, TaskError> {
    let (root, fields) = match path.strip_prefix("$$") {
        Some(rest) => (context, rest),
        None => (input, path.strip_prefix('$').ok_or_else(|| wrong(path))?),
    };
    let mut value = root;
    for field in fields.split('.').skip(1) {
        value = value.get(field).ok_or_else(|| wrong(path))?;
    }
    Ok(value.clone())
}

/// Like [`select`], of a value that is not needed any more.
pub(super) fn take(path: &str, mut value: Value) -> Result<Value, TaskError> {
    let fields = path.strip_prefix('$').ok_or_else(|| wrong(path))?;
    for field in fields.split('.').skip(1) {
        value = value
            .get_mut(field)
            .map(Value::take)
            .ok_or_else(|| wrong(path))?;
    }
    Ok(value)
}

/// Fills a payload template: a key that ends in `.$` takes the value at its path.
pub(super) fn template(
    template_: &Value,
    input: &Value,
    context: &Value,
) -> Result<Value, TaskError> {
    let Value::Object(fields) = template_ else {
        return Ok(template_.clone());
    };
    let mut filled = Map::new();
    for (key, value) in fields {
        match (key.strip_suffix(".$"), value) {
            (Some(key), Value::String(path)) => {
                filled.insert(key.to_owned(), select(path, input, context)?);
            }
            _ => {
                filled.insert(key.clone(), template(value, input, context)?);
            }
        }
    }
    Ok(Value::Object(filled))
}

/// Puts a result where `ResultPath` says: in place of the input, or at one of its fields.
pub(super) fn place(
    result_path: Option<&str>,
    input: &Value,
    result: Value,
) -> Result<Value, TaskError> {
    let path = result_path.unwrap_or("$");
    if path == "$" {
        return Ok(result);
    }
    let field = path.strip_prefix("$.").filter(|field| !field.contains('.'));
    let (Some(field), Some(fields)) = (field, input.as_object()) else {
        return Err(wrong(path));
    };
    let mut fields = fields.clone();
    fields.insert(field.to_owned(), result);
    Ok(Value::Object(fields))
}

fn wrong(path: &str) -> TaskError {
    TaskError::new("States.Runtime", format!("there is nothing at {path}"))
}
