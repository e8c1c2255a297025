//! Making a mistake in a document.

use serde_json::Value;

/// Writes `value` at a JSON pointer; behind the end of a list, it is added.
pub(crate) fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer has a /");
    match document.pointer_mut(parent) {
        Some(Value::Object(object)) => {
            object.insert(name.to_owned(), value);
        }
        Some(Value::Array(list)) => {
            let index: usize = name.parse().expect("a list is indexed by numbers");
            if index == list.len() {
                list.push(value);
            } else {
                list[index] = value;
            }
        }
        other => panic!("{pointer} leads into {other:?}"),
    }
}
