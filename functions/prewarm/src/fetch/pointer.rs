//! Finds one text in a JSON document of any size, as its bytes pass by.
//!
//! A general tokenizer buffers each string whole; this one keeps a few hundred bytes whatever the
//! document holds, and skips what does not lie on the way. It does not validate the document.

use memchr::memchr2;

/// Longest key or text that is compared, in bytes as written. Tenant ids are far shorter.
const LONGEST_TEXT: usize = 512;

/// What a JSON pointer (RFC 6901) led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A string, or a number as it is written.
    Text(String),
    /// Nothing, or something that is no string and no number.
    Nothing,
}

/// A search in progress.
#[derive(Debug)]
pub(super) struct PointerSearch {
    /// What lies between here and the value, the next token last.
    tokens: Vec<String>,
    state: State,
    /// Index of the current element, when the current container is a list.
    index: Option<usize>,
    text: Vec<u8>,
    escaped: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Before a value; it lies on the way or not.
    Value {
        on_way: bool,
    },
    /// Before a key or the end of an object.
    Key,
    InKey,
    /// Behind a key, before the colon.
    Colon {
        on_way: bool,
    },
    /// In a value beside the way, this deep in containers.
    Skip {
        depth: u32,
        in_string: bool,
    },
    /// In a number or word beside the way.
    SkipScalar,
    /// Behind a value.
    Next,
    InText,
    InNumber,
    Done(Found),
}

impl PointerSearch {
    /// Starts at the beginning of a document. `pointer` is empty or starts with `/`.
    pub(super) fn new(pointer: &str) -> Self {
        let tokens = pointer
            .strip_prefix('/')
            .into_iter()
            .flat_map(|tokens| tokens.rsplit('/'))
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect();
        Self {
            tokens,
            state: State::Value { on_way: true },
            index: None,
            text: Vec::new(),
            escaped: false,
        }
    }

    /// Whether further bytes make no difference.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, State::Done(_))
    }

    /// Reads the next bytes of the document.
    pub(super) fn read(&mut self, mut bytes: &[u8]) {
        while !self.is_done() {
            let Some((&byte, rest)) = bytes[self.idle(bytes)..].split_first() else {
                return;
            };
            self.step(byte);
            bytes = rest;
        }
    }

    /// What was found, once the document has ended.
    pub(super) fn finish(mut self) -> Found {
        if self.state == State::InNumber {
            self.end_number();
        }
        match self.state {
            State::Done(found) => found,
            _ => Found::Nothing,
        }
    }

    /// How many of the next bytes change nothing: most of a document lies beside the way.
    fn idle(&self, bytes: &[u8]) -> usize {
        let next = match self.state {
            State::Skip { .. } if self.escaped => Some(0),
            State::Skip {
                in_string: true, ..
            } => memchr2(b'"', b'\\', bytes),
            State::Skip {
                in_string: false, ..
            } => bytes
                .iter()
                .position(|byte| matches!(byte, b'"' | b'{' | b'[' | b'}' | b']')),
            _ => Some(0),
        };
        next.unwrap_or(bytes.len())
    }

    fn step(&mut self, byte: u8) {
        match self.state {
            State::Value { on_way } => self.begin_value(byte, on_way),
            State::Key => match byte {
                b'"' => self.begin_text(State::InKey),
                b'}' => self.state = State::Done(Found::Nothing),
                _ => {}
            },
            State::InKey => {
                if self.ends_text(byte) {
                    let on_way = self.ended_text().is_some_and(|key| self.is_next(&key));
                    self.state = State::Colon { on_way };
                }
            }
            State::Colon { on_way } => {
                if byte == b':' {
                    self.state = State::Value { on_way };
                }
            }
            State::Skip { depth, in_string } => self.skip(byte, depth, in_string),
            State::SkipScalar => {
                if matches!(byte, b',' | b'}' | b']') {
                    self.state = State::Next;
                    self.step(byte);
                }
            }
            State::Next => match (byte, self.index) {
                (b',', None) => self.state = State::Key,
                (b',', Some(index)) => self.enter_element(index + 1),
                // The container on the way ends without what was looked for.
                (b'}' | b']', _) => self.state = State::Done(Found::Nothing),
                _ => {}
            },
            State::InText => {
                if self.ends_text(byte) {
                    let text = self.ended_text();
                    self.state = State::Done(text.map_or(Found::Nothing, Found::Text));
                }
            }
            State::InNumber => {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                    self.keep(byte);
                } else {
                    self.end_number();
                }
            }
            State::Done(_) => {}
        }
    }

    fn begin_value(&mut self, byte: u8, on_way: bool) {
        if byte.is_ascii_whitespace() {
            return;
        }
        let arrived = on_way && self.tokens.is_empty();
        match byte {
            b'"' if arrived => self.begin_text(State::InText),
            b'-' | b'0'..=b'9' if arrived => {
                self.text.clear();
                self.keep(byte);
                self.state = State::InNumber;
            }
            b'{' if on_way && !arrived => {
                self.index = None;
                self.state = State::Key;
            }
            b'[' if on_way && !arrived => self.enter_element(0),
            // The way ends here, or an empty list where an element was due.
            _ if on_way => self.state = State::Done(Found::Nothing),
            b']' | b'}' => self.state = State::Done(Found::Nothing),
            b'{' | b'[' => {
                self.state = State::Skip {
                    depth: 1,
                    in_string: false,
                };
            }
            b'"' => {
                self.escaped = false;
                self.state = State::Skip {
                    depth: 0,
                    in_string: true,
                };
            }
            _ => self.state = State::SkipScalar,
        }
    }

    fn enter_element(&mut self, index: usize) {
        self.index = Some(index);
        let on_way = self.is_next(&index.to_string());
        self.state = State::Value { on_way };
    }

    /// Whether a key or index is the next token; if so, the token is behind us.
    fn is_next(&mut self, name: &str) -> bool {
        let is_next = self.tokens.last().is_some_and(|token| token == name);
        if is_next {
            self.tokens.pop();
        }
        is_next
    }

    fn skip(&mut self, byte: u8, depth: u32, in_string: bool) {
        let (depth, in_string) = match (in_string, byte) {
            (true, _) if self.escaped => {
                self.escaped = false;
                return;
            }
            (true, b'\\') => {
                self.escaped = true;
                return;
            }
            (true, b'"') => (depth, false),
            (false, b'"') => (depth, true),
            (false, b'{' | b'[') => (depth + 1, false),
            (false, b'}' | b']') => (depth - 1, false),
            _ => return,
        };
        self.state = if depth == 0 && !in_string {
            State::Next
        } else {
            State::Skip { depth, in_string }
        };
    }

    fn begin_text(&mut self, state: State) {
        self.text.clear();
        self.keep(b'"');
        self.escaped = false;
        self.state = state;
    }

    /// Takes a byte of a text; whether it is the closing quote.
    fn ends_text(&mut self, byte: u8) -> bool {
        self.keep(byte);
        if self.escaped {
            self.escaped = false;
            return false;
        }
        self.escaped = byte == b'\\';
        byte == b'"'
    }

    /// The text that ended, unless it is too long or malformed.
    fn ended_text(&self) -> Option<String> {
        (self.text.len() <= LONGEST_TEXT)
            .then(|| serde_json::from_slice(&self.text).ok())
            .flatten()
    }

    fn end_number(&mut self) {
        let text = String::from_utf8_lossy(&self.text).into_owned();
        self.state = State::Done(Found::Text(text));
    }

    /// Keeps one byte more than is compared, so that a longer text is seen to be longer.
    fn keep(&mut self, byte: u8) {
        if self.text.len() <= LONGEST_TEXT {
            self.text.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(
                find(pointer, document, 2),
                Found::Nothing,
                "{pointer} in {document}"
            );
        }
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
        fn takes_any_bytes(bytes in any::<Vec<u8>>()) {
            let mut search = PointerSearch::new("/a/0");
            search.read(&bytes);
            prop_assert!(search.text.len() <= LONGEST_TEXT + 1);
        }
    }
}
