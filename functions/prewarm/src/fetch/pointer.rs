//! Finds one text in a JSON document of any size, as its bytes pass by.
//!
//! A general tokenizer holds each string as a whole. This one holds a few hundred bytes, whatever the
//! document has in it, and skips what does not lie on the way to the text. It does not validate the
//! document. If an object has a key twice, the last one counts, as it does for browsers' parsers.

use memchr::memchr2;

/// Longest key or text that is compared, in bytes as written. Tenant ids are far shorter.
const LONGEST_TEXT: usize = 512;

/// What some servers put before a document.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

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
    /// The keys and indices that lead to the value.
    tokens: Vec<String>,
    /// The containers on the way that are open: of a list, the index of the current element.
    open: Vec<Option<usize>>,
    state: State,
    text: Vec<u8>,
    escaped: bool,
    found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Behind the document.
    Done,
}

impl PointerSearch {
    /// Starts at the beginning of a document. `pointer` is empty or starts with `/`.
    pub(super) fn new(pointer: &str) -> Self {
        let tokens = pointer
            .strip_prefix('/')
            .into_iter()
            .flat_map(|tokens| tokens.split('/'))
            .map(|token| token.replace("~1", "/").replace("~0", "~"))
            .collect();
        Self {
            tokens,
            open: Vec::new(),
            state: State::Value { on_way: true },
            text: Vec::new(),
            escaped: false,
            found: Found::Nothing,
        }
    }

    /// Whether further bytes make no difference.
    pub(super) fn is_done(&self) -> bool {
        self.state == State::Done
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

    /// What was found, once the bytes have ended. A document that is cut off holds nothing.
    pub(super) fn finish(mut self) -> Found {
        if self.state == State::InNumber {
            self.end_number();
        }
        if self.is_done() {
            self.found
        } else {
            Found::Nothing
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
                b'}' => self.leave(),
                _ => {}
            },
            State::InKey => {
                if self.ends_text(byte) {
                    let on_way = self.ended_text().is_some_and(|key| self.leads_on(&key));
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
                    self.next(byte);
                }
            }
            State::Next => self.next(byte),
            State::InText => {
                if self.ends_text(byte) {
                    self.found = self.ended_text().map_or(Found::Nothing, Found::Text);
                    self.ended_value();
                }
            }
            State::InNumber => {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                    self.keep(byte);
                } else {
                    self.end_number();
                    self.step(byte);
                }
            }
            State::Done => {}
        }
    }

    /// Takes the first byte of a value, or what may stand before it.
    fn begin_value(&mut self, byte: u8, on_way: bool) {
        let is_mark = self.open.is_empty() && BYTE_ORDER_MARK.contains(&byte);
        if is_mark || byte.is_ascii_whitespace() {
            return;
        }
        if on_way {
            // What an earlier key of the same name led to does not count.
            self.found = Found::Nothing;
        }
        let arrived = on_way && self.open.len() == self.tokens.len();
        match byte {
            b'"' if arrived => self.begin_text(State::InText),
            b'-' | b'0'..=b'9' if arrived => {
                self.text.clear();
                self.keep(byte);
                self.state = State::InNumber;
            }
            b'{' if on_way && !arrived => {
                self.open.push(None);
                self.state = State::Key;
            }
            b'[' if on_way && !arrived => {
                self.open.push(Some(0));
                self.enter_element(0);
            }
            // An empty list, where an element was due.
            b']' | b'}' => self.leave(),
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
        let on_way = self.leads_on(&index.to_string());
        self.state = State::Value { on_way };
    }

    /// Whether this key or index of the current container leads on.
    fn leads_on(&self, name: &str) -> bool {
        self.tokens[self.open.len() - 1] == name
    }

    /// Takes a byte behind a value of the current container.
    fn next(&mut self, byte: u8) {
        match (byte, self.open.last_mut()) {
            (b',', Some(Some(index))) => {
                *index += 1;
                let index = *index;
                self.enter_element(index);
            }
            (b',', Some(None)) => self.state = State::Key,
            (b'}' | b']', _) => self.leave(),
            _ => {}
        }
    }

    /// Ends the current container.
    fn leave(&mut self) {
        self.open.pop();
        self.ended_value();
    }

    fn ended_value(&mut self) {
        self.state = if self.open.is_empty() {
            State::Done
        } else {
            State::Next
        };
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
            (false, b'{' | b'[') => (depth.saturating_add(1), false),
            (false, b'}' | b']') => (depth - 1, false),
            _ => return,
        };
        if depth == 0 && !in_string {
            self.ended_value();
        } else {
            self.state = State::Skip { depth, in_string };
        }
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
        self.found = Found::Text(String::from_utf8_lossy(&self.text).into_owned());
        self.ended_value();
    }

    /// Keeps one byte more than is compared, so that a longer text is seen to be longer.
    fn keep(&mut self, byte: u8) {
        if self.text.len() <= LONGEST_TEXT {
            self.text.push(byte);
        }
    }
}

#[cfg(test)]
mod tests;
