//! Writes the XML of invalidations and of errors.

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

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
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
    rest: &[&Invalidation],
    page: usize,
    marker: Option<&str>,
    now: Time,
) -> String {
    let shown = &rest[..rest.len().min(page)];
    let is_truncated = rest.len() > page;
    let mut body = element("Marker", marker.unwrap_or_default());
    if let Some(last) = shown.last().filter(|_| is_truncated) {
        body += &element("NextMarker", &last.id);
    }
    body += &element("MaxItems", &page.to_string());
    body += &element("IsTruncated", if is_truncated { "true" } else { "false" });
    body += &element("Quantity", &shown.len().to_string());
    let items: String = shown
        .iter()
        .map(|one| {
            parent(
                "InvalidationSummary",
                &summary(one, one.status(now).as_str()),
            )
        })
        .collect();
    if !shown.is_empty() {
        body += &parent("Items", &items);
    }
    document("InvalidationList", &body)
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
