//! Reads the XML of a request. No document type is accepted, so no entity of the sender's own can be expanded.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::model::Refusal;

/// Deeper than any request of the API.
const MAX_DEPTH: usize = 16;

/// An element with what is in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Without its namespace's prefix.
    pub(super) name: String,
    /// All text directly in it.
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// Reads a document.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
        if body.is_empty() {
            return Err(Refusal::new(
                400,
                "MissingBody",
                "This operation requires a body.",
            ));
        }
        let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
        let mut reader = Reader::from_str(text);
        let mut open: Vec<Self> = vec![Self::default()];
        loop {
            let event = reader
                .read_event()
                .map_err(|error| malformed(&error.to_string()))?;
            match event {
                Event::Start(tag) => open.push(Self::named(tag.name().as_ref())),
                Event::Empty(tag) => {
                    let element = Self::named(tag.name().as_ref());
                    close(&mut open, element)?;
                }
                Event::End(_) => {
                    let element = open.pop().unwrap_or_default();
                    close(&mut open, element)?;
                }
                Event::Text(piece) => append(&mut open, &piece),
                Event::CData(piece) => append(&mut open, &piece),
                Event::GeneralRef(name) => {
                    let character = character(&name)?;
                    append(&mut open, character.encode_utf8(&mut [0; 4]));
                }
                Event::DocType(_) => return Err(malformed("a document type is not accepted")),
                Event::Eof => break,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            }
            if open.len() > MAX_DEPTH {
                return Err(malformed("its elements are nested too deeply"));
            }
        }
        match (open.pop(), open.is_empty()) {
            (Some(mut document), true) if document.children.len() == 1 => {
                Ok(document.children.remove(0))
            }
            (_, false) => Err(malformed("it ends inside an element")),
            _ => Err(malformed("one element is expected")),
        }
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.rsplit(':').next().unwrap_or_default().to_owned(),
            ..Self::default()
        }
    }

    /// The first child of this name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Trimmed text of the child of this name.
    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn close(open: &mut [Element], element: Element) -> Result<(), Refusal> {
    let parent = open.last_mut();
    let parent = parent.ok_or_else(|| malformed("an element ends that did not begin"))?;
    parent.children.push(element);
    Ok(())
}

fn character(name: &BytesRef<'_>) -> Result<char, Refusal> {
    if let Ok(Some(character)) = name.resolve_char_ref() {
        return Ok(character);
    }
    match name.as_ref() {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        _ => Err(malformed("it uses an entity that XML does not define")),
    }
}

pub(super) fn malformed(why: &str) -> Refusal {
    Refusal::new(
        400,
        "MalformedXML",
        format!(
            "The XML document that you provided was not well-formed or did not validate against the schema: {why}."
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_with_entities_and_empty_elements() {
        let read = Element::read(
            b"<?xml version=\"1.0\"?><n:a xmlns:n=\"x\"><b>1 &amp; &#50;</b><c/></n:a>",
        )
        .unwrap();
        assert_eq!(
            (read.name.as_str(), read.text_of("b")),
            ("a", Some("1 & 2"))
        );
        assert_eq!(read.child("c").map(|c| c.text.as_str()), Some(""));
    }

    #[test]
    fn refuses_what_is_no_document() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><a>&a;</a>";
        let deep = "<a>".repeat(100);
        for text in [
            bomb,
            &deep,
            "<a>",
            "no xml",
            "<a/><b/>",
            "<a>&own;</a>",
            "<a></b>",
        ] {
            let told = Element::read(text.as_bytes()).unwrap_err();
            assert_eq!(told.code, "MalformedXML", "{text}");
        }
        assert_eq!(Element::read(b"").unwrap_err().code, "MissingBody");
    }
}
