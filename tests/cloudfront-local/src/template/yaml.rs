//! YAML templates with CloudFormation's short tags, as JSON.
//!
//! CloudFormation reads YAML 1.1 without aliases and merges:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

/// Deeper than any template; keeps recursion over the result bounded.
const MAX_DEPTH: usize = 100;

/// Why a text is no template in YAML.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct YamlError {
    /// Counted from 1.
    line: usize,
    problem: String,
}

/// A collection that is not complete yet.
enum Open {
    List(Vec<Value>, Option<String>),
    /// The key waits for its value.
    Map(Map<String, Value>, Option<String>, Option<String>),
}

/// Reads the first document of a text.
pub(super) fn parse(text: &str) -> Result<Value, YamlError> {
    let mut open: Vec<Open> = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(next) = parser.next_event() {
        let (event, span) = next.map_err(|error| YamlError {
            line: error.marker().line(),
            problem: error.info().to_owned(),
        })?;
        let at_line = |problem: String| YamlError {
            line: span.start.line(),
            problem,
        };
        let complete = match event {
            Event::Alias(_) => {
                let problem = "CloudFormation takes no YAML aliases: write the value out";
                return Err(at_line(problem.to_owned()));
            }
            Event::SequenceStart(_, tag) => {
                open.push(Open::List(Vec::new(), function(tag.as_deref())));
                None
            }
            Event::MappingStart(_, tag) => {
                open.push(Open::Map(Map::new(), None, function(tag.as_deref())));
                None
            }
            Event::Scalar(text, style, _, tag) => {
                let is_text = style != ScalarStyle::Plain
                    || tag.as_ref().is_some_and(|tag| is_string_tag(tag));
                let value = scalar(&text, is_text);
                Some(call(function(tag.as_deref()), value))
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(items, name)) => Some(call(name, Value::Array(items))),
                Some(Open::Map(members, _, name)) => Some(call(name, Value::Object(members))),
                None => None,
            },
            _ => None,
        };
        if open.len() > MAX_DEPTH {
            return Err(at_line(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        let Some(value) = complete else { continue };
        match open.last_mut() {
            None => return Ok(value),
            Some(Open::List(items, _)) => items.push(value),
            Some(Open::Map(members, waiting, _)) => match waiting.take() {
                None => *waiting = Some(key(value)),
                Some(name) => {
                    members.insert(name, value);
                }
            },
        }
    }
    Ok(Value::Null)
}

/// `!Sub x` is `{"Fn::Sub": x}`; `!Ref` and `!Condition` have no prefix.
fn function(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty())?;
    Some(match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        name => format!("Fn::{name}"),
    })
}

fn call(function: Option<String>, argument: Value) -> Value {
    match function {
        Some(name) => Value::Object(Map::from_iter([(name, argument)])),
        None => argument,
    }
}

fn is_string_tag(tag: &Tag) -> bool {
    tag.handle == "!" || (tag.is_yaml_core_schema() && tag.suffix == "str")
}

fn key(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// What a plain scalar means in YAML 1.1, but for dates and octal numbers, which CloudFormation keeps as text.
fn scalar(text: &str, is_text: bool) -> Value {
    if is_text {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = digits == "0"
        || (digits.starts_with(|first: char| ('1'..='9').contains(&first))
            && digits.bytes().all(|byte| byte.is_ascii_digit()));
    match text.parse::<i64>() {
        Ok(number) if is_plain => Value::from(number),
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn short_tags_are_the_long_functions() {
        let cases = [
            ("!Ref A", json!({"Ref": "A"})),
            ("!GetAtt A.B", json!({"Fn::GetAtt": "A.B"})),
            (
                "!Select [2, !Split [/, !GetAtt U.FunctionUrl]]",
                json!({"Fn::Select": [2, {"Fn::Split": ["/", {"Fn::GetAtt": "U.FunctionUrl"}]}]}),
            ),
            (
                "!If [Prod, !Ref A, !Ref 'AWS::NoValue']",
                json!({"Fn::If": ["Prod", {"Ref": "A"}, {"Ref": "AWS::NoValue"}]}),
            ),
            (
                "!Sub\n  - ${a}\n  - a: !ImportValue x",
                json!({"Fn::Sub": ["${a}", {"a": {"Fn::ImportValue": "x"}}]}),
            ),
            (
                "!Not [!Condition C]",
                json!({"Fn::Not": [{"Condition": "C"}]}),
            ),
            ("Fn::Sub: a", json!({"Fn::Sub": "a"})),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn scalars_are_what_cloudformation_takes_them_for() {
        let text = "a: yes\nb: 'yes'\nc: 2012-10-17\nd: 0123\ne: -5\nf: 1.5\ng:\nh: |\n  x\n  y\ni: !!str 5\n404: No\n";
        let expected = json!({
            "a": true, "b": "yes", "c": "2012-10-17", "d": "0123", "e": -5, "f": "1.5", "g": null, "h": "x\ny\n", "i": "5",
            "404": false,
        });
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn the_last_of_two_members_with_one_name_counts() {
        assert_eq!(parse("a: 1\na: 2").unwrap(), json!({"a": 2}));
    }

    #[test]
    fn what_cloudformation_does_not_take_is_refused_with_its_line() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        let cases = [
            (
                "a: &x 1\nb: *x",
                "line 2: CloudFormation takes no YAML aliases",
            ),
            ("a: [1", "line"),
            (&deep, "nested deeper"),
        ];
        for (text, reason) in cases {
            let told = parse(text).unwrap_err().to_string();
            assert!(told.contains(reason), "{text}: {told}");
        }
    }
}
