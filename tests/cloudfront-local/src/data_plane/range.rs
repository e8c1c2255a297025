//! Parts of an object, cut out of a whole copy.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RangeGETs.html>

use std::ops::Range;

use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};

use super::answer::Answer;
use super::body::Body;

/// Between the parts of an answer with several.
const BOUNDARY: &str = "cloudfront-local-part";

/// What of an object of `length` bytes is asked for; nothing where the whole is to be sent: another unit, ranges that
/// are malformed, overlap or do not ascend. The list is empty where none can be satisfied.
pub(super) fn parse(text: &str, length: usize) -> Option<Vec<Range<usize>>> {
    let asked = text.trim().strip_prefix("bytes=")?;
    let mut ranges = Vec::new();
    let mut least = 0;
    for one in asked.split(',').map(str::trim) {
        let (first, end) = one.split_once('-')?;
        let number = |text: &str| {
            let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            is_number.then(|| text.parse().unwrap_or(usize::MAX))
        };
        let range = match (number(first), number(end)) {
            (Some(first), None) if end.is_empty() => first..length,
            (Some(from), Some(to)) if from <= to => from..to.saturating_add(1).min(length),
            (None, Some(tail)) if first.is_empty() => length.saturating_sub(tail)..length,
            _ => return None,
        };
        if range.start < least {
            return None;
        }
        if range.start < range.end {
            least = range.end;
            ranges.push(range);
        }
    }
    Some(ranges)
}

/// Cuts what the viewer asks for out of an answer with the whole object.
pub(super) fn cut(answer: &mut Answer, asked: &str) {
    let Body::Whole(whole) = &answer.body else {
        return;
    };
    let whole = whole.clone();
    let Some(ranges) = parse(asked, whole.len()) else {
        return;
    };
    let tell =
        |range: &Range<usize>| format!("bytes {}-{}/{}", range.start, range.end - 1, whole.len());
    let header = |text: &str| HeaderValue::from_str(text).expect("digits and plain words");
    match ranges.as_slice() {
        [] => {
            answer.status = 416;
            answer.body = Body::empty();
            let told = format!("bytes */{}", whole.len());
            answer.headers.insert(CONTENT_RANGE, header(&told));
        }
        [one] => {
            answer.status = 206;
            answer.headers.insert(CONTENT_RANGE, header(&tell(one)));
            answer.body = Body::Whole(whole.slice(one.clone()));
        }
        several => {
            let kind = answer.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
            let mut body = BytesMut::new();
            for range in several {
                body.extend_from_slice(format!("--{BOUNDARY}\r\n").as_bytes());
                if let Some(kind) = kind {
                    body.extend_from_slice(b"content-type: ");
                    body.extend_from_slice(kind);
                    body.extend_from_slice(b"\r\n");
                }
                let told = format!("content-range: {}\r\n\r\n", tell(range));
                body.extend_from_slice(told.as_bytes());
                body.extend_from_slice(&whole[range.clone()]);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
            answer.status = 206;
            answer.body = Body::Whole(Bytes::from(body));
            let kind = format!("multipart/byteranges; boundary={BOUNDARY}");
            answer.headers.insert(CONTENT_TYPE, header(&kind));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::single_range_in_vec_init,
        reason = "a list of one range, not of its numbers"
    )]
    #[test]
    fn ranges_are_read_as_the_guide_says() {
        let cases: [(&str, Option<&[Range<usize>]>); 13] = [
            ("bytes=0-3", Some(&[0..4])),
            ("bytes=4-", Some(&[4..10])),
            ("bytes=-3", Some(&[7..10])),
            ("bytes=-30", Some(&[0..10])),
            ("bytes=8-99", Some(&[8..10])),
            ("bytes=0-1, 4-5", Some(&[0..2, 4..6])),
            ("bytes=10-", Some(&[])),
            ("bytes=4-5,0-1", None),
            ("bytes=0-4,3-5", None),
            ("bytes=5-4", None),
            ("bytes=a-4", None),
            ("bytes=--4", None),
            ("lines=0-3", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text, 10).as_deref(), expected, "{text}");
        }
    }
}
