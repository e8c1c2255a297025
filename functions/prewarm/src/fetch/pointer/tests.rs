use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn find(pointer: &str, document: &str, piece: usize) -> Found {
    let mut search = PointerSearch::new(pointer);
    for bytes in document.as_bytes().chunks(piece.max(1)) {
        search.read(bytes);
    }
    search.finish()
}

fn text(text: &str) -> Found {
    Found::Text(text.to_owned())
}

#[test]
fn finds_text_behind_everything_else() {
    let document = r#" {"a": {"organization": "no"}, "b": [1, {"c": "}\\\"]"}], "e": -1.5e3,
        "organization" : "acme", "z": 1}"#;
    assert_eq!(find("/organization", document, 3), text("acme"));
    assert_eq!(find("/a/organization", document, 1), text("no"));
    assert_eq!(find("/b/1/c", document, 1), text(r#"}\"]"#));
    assert_eq!(find("/b/0", document, 5), text("1"));
    assert_eq!(find("/e", document, 5), text("-1.5e3"));
}

#[test]
fn finds_nothing_where_there_is_no_text() {
    for (pointer, document) in [
        ("/a", "{}"),
        ("/a", "[]"),
        ("/0", "[]"),
        ("/a", r#"{"a": null}"#),
        ("/a", r#"{"a": {"a": "x"}}"#),
        ("/a/b", r#"{"a": "x", "b": "y"}"#),
        ("/1", r#"["a"]"#),
        ("/a", r#"{"b": "a"}"#),
        ("/a", "<html>"),
        ("/a", ""),
        ("/a", r#"{"a": "tru"#),
        ("/a", r#"{"a": "x", "b": 1"#),
        ("/a", "]"),
    ] {
        assert_eq!(
            find(pointer, document, 2),
            Found::Nothing,
            "{pointer} in {document}"
        );
    }
}

#[test]
fn of_a_key_that_is_there_twice_the_last_counts() {
    for (pointer, document, found) in [
        ("/a", r#"{"a": "x", "a": "y"}"#, text("y")),
        ("/a", r#"{"a": "x", "a": null}"#, Found::Nothing),
        ("/a", r#"{"a": "x", "a": [1]}"#, Found::Nothing),
        (
            "/a/b",
            r#"{"a": {"b": 1}, "a": {"b": 2, "c": 3}}"#,
            text("2"),
        ),
        ("/a/b", r#"{"a": {"b": 1}, "a": {"c": 3}}"#, Found::Nothing),
        ("/a/b", r#"{"a": {"b": 1}, "a": 7}"#, Found::Nothing),
        ("/0/a", r#"[{"a": 1, "a": "z"}, {"a": 3}]"#, text("z")),
    ] {
        assert_eq!(find(pointer, document, 3), found, "{pointer} in {document}");
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(find("/a", "\u{feff}{\"a\": \"x\"}", 1), text("x"));
    assert_eq!(find("", "\u{feff} 7", 2), text("7"));
}

#[test]
fn memory_does_not_grow_with_the_document() {
    let mut search = PointerSearch::new("/tenant");
    search.read(br#"{"long": ""#);
    for _ in 0..10_000 {
        search.read(&[b'x'; 1_000]);
    }
    search.read(br#"", "tenant": ""#);
    for _ in 0..10_000 {
        search.read(&[b'y'; 1_000]);
    }
    assert!(search.text.capacity() <= 2 * LONGEST_TEXT);
    search.read(b"\"}");
    assert_eq!(search.finish(), Found::Nothing);
}

fn json() -> impl Strategy<Value = Value> {
    let key = "[ab\"/~\\\\é]{0,2}";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[ab\"\\\\{}\\[\\],:é\u{1}]{0,6}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key, inner), 0..4)
                .prop_map(|entries| entries.into_iter().collect::<Value>()),
        ]
    })
}

/// Every pointer into a document, with what it leads to.
fn pointers(value: &Value, at: &str, into: &mut Vec<(String, Found)>) {
    let found = match value {
        Value::String(text) => Found::Text(text.clone()),
        Value::Number(number) => Found::Text(number.to_string()),
        _ => Found::Nothing,
    };
    into.push((at.to_owned(), found));
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                let token = key.replace('~', "~0").replace('/', "~1");
                pointers(value, &format!("{at}/{token}"), into);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                pointers(value, &format!("{at}/{index}"), into);
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn agrees_with_a_parser_on_every_pointer(document in json(), piece in 1_usize..9) {
        let mut every = Vec::new();
        pointers(&document, "", &mut every);
        for written in [document.to_string(), format!("{document:#}")] {
            for (pointer, found) in &every {
                prop_assert_eq!(&find(pointer, &written, piece), found, "{} in {}", pointer, written);
            }
        }
    }

    #[test]
    fn agrees_with_a_parser_on_keys_that_are_there_twice(
        entries in proptest::collection::vec(("[ab]", json()), 0..6),
        piece in 1_usize..9,
    ) {
        let written: Vec<_> = entries
            .iter()
            .map(|(key, value)| format!("{}:{value}", Value::from(key.as_str())))
            .collect();
        let written = format!("{{{}}}", written.join(","));
        let mut every = Vec::new();
        pointers(&serde_json::from_str(&written).unwrap(), "", &mut every);
        for (pointer, found) in &every {
            prop_assert_eq!(&find(pointer, &written, piece), found, "{} in {}", pointer, written);
        }
    }

    #[test]
    fn takes_any_bytes(bytes in any::<Vec<u8>>()) {
        let mut search = PointerSearch::new("/a/0");
        search.read(&bytes);
        prop_assert!(search.text.len() <= LONGEST_TEXT + 1);
    }
}
