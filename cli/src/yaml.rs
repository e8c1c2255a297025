//! YAML as CloudFormation reads it: short tags such as `!Ref` stand for objects with one field.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value, json};

/// Reads the first document.
pub(crate) fn read(text: &str) -> Result<Value, ScanError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        builder.take(event?.0);
        if builder.ended {
            break;
        }
    }
    Ok(builder.document)
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    anchors: HashMap<usize, Value>,
    document: Value,
    ended: bool,
}

/// A list or a mapping that has not ended yet.
struct Open {
    value: Value,
    key: Option<String>,
    anchor: usize,
    tag: Option<String>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = short(tag.as_deref());
                let value = if style == ScalarStyle::Plain && tag.is_none() {
                    plain(&text)
                } else {
                    Value::String(text.into_owned())
                };
                self.end(value, anchor, tag.as_deref());
            }
            Event::SequenceStart(anchor, tag) => self.begin(json!([]), anchor, tag.as_deref()),
            Event::MappingStart(anchor, tag) => self.begin(json!({}), anchor, tag.as_deref()),
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.end(open.value, open.anchor, open.tag.as_deref());
                }
            }
            Event::Alias(anchor) => {
                let value = self.anchors.get(&anchor).cloned().unwrap_or_default();
                self.end(value, 0, None);
            }
            Event::DocumentEnd => self.ended = true,
            _ => {}
        }
    }

    fn begin(&mut self, value: Value, anchor: usize, tag: Option<&Tag>) {
        let tag = short(tag);
        self.open.push(Open {
            value,
            key: None,
            anchor,
            tag,
        });
    }

    /// Puts a complete value where it belongs.
    fn end(&mut self, value: Value, anchor: usize, tag: Option<&str>) {
        let value = tag.map_or(value.clone(), |tag| tagged(tag, value));
        if anchor > 0 {
            self.anchors.insert(anchor, value.clone());
        }
        match self.open.last_mut() {
            None => self.document = value,
            Some(Open {
                value: Value::Array(list),
                ..
            }) => list.push(value),
            Some(Open {
                value: Value::Object(object),
                key,
                ..
            }) => match key.take() {
                None => *key = Some(as_key(&value)),
                Some(name) if name == "<<" => merge(object, value),
                Some(name) => {
                    object.insert(name, value);
                }
            },
            Some(_) => {}
        }
    }
}

fn as_key(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

fn merge(object: &mut Map<String, Value>, value: Value) {
    if let Value::Object(other) = value {
        for (name, value) in other {
            object.entry(name).or_insert(value);
        }
    }
}

/// The name of a local tag.
fn short(tag: Option<&Tag>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!")
        .map(|tag| tag.suffix.clone())
}

/// What a short tag stands for.
fn tagged(tag: &str, value: Value) -> Value {
    match tag {
        "" => value,
        "Ref" | "Condition" => json!({ tag: value }),
        name => {
            let mut object = Map::new();
            object.insert(format!("Fn::{name}"), value);
            Value::Object(object)
        }
    }
}

/// A scalar without quotation marks.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return true.into();
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return false.into();
        }
        _ => {}
    }
    let is_number = text
        .strip_prefix('-')
        .unwrap_or(text)
        .starts_with(|c: char| c.is_ascii_digit());
    if !is_number {
        return text.into();
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let float = text.parse().ok().and_then(Number::from_f64);
    float.map_or_else(|| text.into(), Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_tags_are_functions() {
        let text = "a: !Ref X\nb: !GetAtt X.Arn\nc: !If [Is, !Ref Y, !Ref 'AWS::NoValue']\nd: !Sub '${X}-y'\n";
        assert_eq!(
            read(text).unwrap(),
            json!({
                "a": {"Ref": "X"}, "b": {"Fn::GetAtt": "X.Arn"},
                "c": {"Fn::If": ["Is", {"Ref": "Y"}, {"Ref": "AWS::NoValue"}]},
                "d": {"Fn::Sub": "${X}-y"},
            })
        );
    }

    #[test]
    fn scalars_are_what_they_look_like() {
        let text =
            "a: 30\nb: '30'\nc: yes\nd: 2012-10-17\ne: ~\nf: [1.5, x]\ng: &g {h: 1}\ni: *g\n";
        assert_eq!(
            read(text).unwrap(),
            json!({"a": 30, "b": "30", "c": true, "d": "2012-10-17", "e": null, "f": [1.5, "x"],
                   "g": {"h": 1}, "i": {"h": 1}})
        );
    }
}
