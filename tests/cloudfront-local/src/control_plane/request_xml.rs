//! Reads `InvalidationBatch`. No document type is accepted, so no entity of the sender's own can be expanded.

use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};

use crate::model::{Batch, Refusal};

/// Deeper than any request of the API.
const MAX_DEPTH: usize = 8;

/// Reads a batch; elements may come in either order.
pub(super) fn read_batch(body: &[u8]) -> Result<Batch, Refusal> {
    if body.is_empty() {
        return Err(Refusal::new(
            400,
            "MissingBody",
            "This operation requires a body.",
        ));
    }
    let text = std::str::from_utf8(body).map_err(|_| malformed("it is not UTF-8"))?;
    let mut reader = Reader::from_str(text);
    let mut path: Vec<String> = Vec::new();
    let mut content = String::new();
    let mut reference = None;
    let mut quantity = None;
    let mut items = Vec::new();
    loop {
        match reader
            .read_event()
            .map_err(|error| malformed(&error.to_string()))?
        {
            Event::Start(element) => {
                path.push(local_name(element.name().as_ref()));
                content.clear();
                if path.len() > MAX_DEPTH {
                    return Err(malformed("its elements are nested too deeply"));
                }
            }
            Event::Text(piece) => content.push_str(&piece),
            Event::CData(piece) => content.push_str(&piece),
            Event::GeneralRef(name) => content.push(character(&name)?),
            Event::End(_) => {
                let names: Vec<&str> = path.iter().map(String::as_str).collect();
                let value = content.trim();
                match names[..] {
                    ["InvalidationBatch", "CallerReference"] => reference = Some(value.to_owned()),
                    ["InvalidationBatch", "Paths", "Quantity"] => {
                        quantity = Some(
                            value
                                .parse()
                                .map_err(|_| malformed("Quantity is no whole number"))?,
                        );
                    }
                    ["InvalidationBatch", "Paths", "Items", "Path"] => items.push(content.clone()),
                    _ => {}
                }
                path.pop();
                content.clear();
            }
            Event::DocType(_) => return Err(malformed("a document type is not accepted")),
            Event::Eof => break,
            Event::Empty(_) | Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
        }
    }
    if !path.is_empty() {
        return Err(malformed("it ends inside an element"));
    }
    match (reference, quantity) {
        (Some(caller_reference), Some(quantity)) => Ok(Batch {
            caller_reference,
            quantity,
            items,
        }),
        (None, _) => Err(malformed("InvalidationBatch has no CallerReference")),
        (_, None) => Err(malformed("InvalidationBatch has no Paths with a Quantity")),
    }
}

fn local_name(name: &str) -> String {
    name.rsplit(':').next().unwrap_or_default().to_owned()
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

fn malformed(why: &str) -> Refusal {
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

    const PATHS: &str = "<Paths><Quantity>2</Quantity><Items><Path>/a?x=1&amp;y=2</Path><Path>#t</Path></Items></Paths>";

    #[test]
    fn elements_may_come_in_either_order() {
        let reference = "<CallerReference>r</CallerReference>";
        let first = format!(
            "<InvalidationBatch xmlns=\"http://cloudfront.amazonaws.com/doc/2020-05-31/\">{PATHS}{reference}</InvalidationBatch>"
        );
        let second = format!(
            "<?xml version=\"1.0\"?><InvalidationBatch>{reference}{PATHS}</InvalidationBatch>"
        );
        let batch = read_batch(first.as_bytes()).unwrap();
        assert_eq!(batch.items, ["/a?x=1&y=2", "#t"]);
        assert_eq!(batch, read_batch(second.as_bytes()).unwrap());
    }

    #[test]
    fn refuses_what_is_no_batch() {
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><InvalidationBatch>&a;</InvalidationBatch>";
        let deep = "<a>".repeat(100);
        for text in [
            bomb,
            &deep,
            "<InvalidationBatch>",
            "no xml",
            "<InvalidationBatch/>",
            "<a>&own;</a>",
        ] {
            assert_eq!(
                read_batch(text.as_bytes()).unwrap_err().code,
                "MalformedXML",
                "{text}"
            );
        }
        assert_eq!(read_batch(b"").unwrap_err().code, "MissingBody");
    }
}
