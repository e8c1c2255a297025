//! Reads `InvalidationBatch`.

use super::element::{Element, malformed};
use crate::model::{Batch, Refusal};

/// Reads a batch; elements may come in either order.
pub(super) fn read_batch(body: &[u8]) -> Result<Batch, Refusal> {
    let root = Element::read(body)?;
    if root.name != "InvalidationBatch" {
        return Err(malformed("InvalidationBatch is expected"));
    }
    let reference = root.text_of("CallerReference");
    let reference =
        reference.ok_or_else(|| malformed("InvalidationBatch has no CallerReference"))?;
    let paths = root.child("Paths");
    let quantity = paths.and_then(|paths| paths.text_of("Quantity"));
    let quantity =
        quantity.ok_or_else(|| malformed("InvalidationBatch has no Paths with a Quantity"))?;
    let items = paths.and_then(|paths| paths.child("Items"));
    let items = items.map_or(&[][..], |items| &items.children);
    Ok(Batch {
        caller_reference: reference.to_owned(),
        quantity: quantity
            .parse()
            .map_err(|_| malformed("Quantity is no whole number"))?,
        items: items.iter().map(|item| item.text.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: &str = "<Paths><Quantity>3</Quantity><Items><Path>/a?x=1&amp;y=2</Path><Path>#t</Path><Path/></Items></Paths>";

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
        assert_eq!(batch.items, ["/a?x=1&y=2", "#t", ""]);
        assert_eq!(batch, read_batch(second.as_bytes()).unwrap());
    }

    #[test]
    fn refuses_what_is_no_batch() {
        for text in ["<a/>", "<InvalidationBatch/>"] {
            let told = read_batch(text.as_bytes()).unwrap_err();
            assert_eq!(told.code, "MalformedXML", "{text}");
        }
    }
}
