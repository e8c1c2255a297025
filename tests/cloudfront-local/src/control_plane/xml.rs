//! Writes the XML of invalidations and of errors.

use super::call::Page;
use crate::model::{Batch, Invalidation, Refusal, Time};

/// Namespace of every answer.
pub(super) const NAMESPACE: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";
const DECLARATION: &str = "<?xml version=\"1.0\"?>\n";

/// An element around text.
pub(super) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// An element around elements.
pub(super) fn parent(name: &str, children: &str) -> String {
    format!("<{name}>{children}</{name}>")
}

/// A whole document.
pub(super) fn document(root: &str, children: &str) -> String {
    format!("{DECLARATION}<{root} xmlns=\"{NAMESPACE}\">{children}</{root}>")
}

/// Characters that XML 1.0 cannot carry are replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\r' => escaped.push_str("&#13;"),
            '\t' | '\n' => escaped.push(character),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

pub(super) fn error(refusal: &Refusal, request_id: &str) -> String {
    let kind = if refusal.status < 500 {
        "Sender"
    } else {
        "Receiver"
    };
    let inner = element("Type", kind)
        + &element("Code", &refusal.code)
        + &element("Message", &refusal.message);
    document(
        "ErrorResponse",
        &(parent("Error", &inner) + &element("RequestId", request_id)),
    )
}

pub(super) fn invalidation(one: &Invalidation, status: &str) -> String {
    document("Invalidation", &(summary(one, status) + &batch(&one.batch)))
}

pub(super) fn invalidation_list(
    shown: &[&Invalidation],
    page: &Page,
    next: Option<&str>,
    now: Time,
) -> String {
    let summary = |one: &&Invalidation| {
        parent(
            "InvalidationSummary",
            &summary(one, one.status(now).as_str()),
        )
    };
    let items: String = shown.iter().map(summary).collect();
    let mut body = list_head(page, next, shown.len());
    if !shown.is_empty() {
        body += &parent("Items", &items);
    }
    document("InvalidationList", &body)
}

/// What stands before the items of a list.
pub(super) fn list_head(page: &Page, next: Option<&str>, quantity: usize) -> String {
    let mut head = element("Marker", page.after.as_deref().unwrap_or_default());
    if let Some(marker) = next {
        head += &element("NextMarker", marker);
    }
    head += &element("MaxItems", &page.size.to_string());
    head += &element("IsTruncated", if next.is_some() { "true" } else { "false" });
    head + &element("Quantity", &quantity.to_string())
}

fn summary(one: &Invalidation, status: &str) -> String {
    element("Id", &one.id)
        + &element("Status", status)
        + &element("CreateTime", &one.created.rfc3339())
}

fn batch(batch: &Batch) -> String {
    let items: String = batch
        .items
        .iter()
        .map(|item| element("Path", item))
        .collect();
    let paths = element("Quantity", &batch.items.len().to_string()) + &parent("Items", &items);
    parent(
        "InvalidationBatch",
        &(parent("Paths", &paths) + &element("CallerReference", &batch.caller_reference)),
    )
}
