//! Cache tags: how they are read from a response header, and when two are the same.

use serde::Serialize;

/// Only the first 50 tags of a response are kept.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-by-tags.html>
const MAX_TAGS: usize = 50;
/// A longer tag is dropped.
const MAX_LENGTH: usize = 256;

/// A cache tag in the form in which tags are compared: letter case folded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Tag(String);

impl Tag {
    /// Reads a tag; nothing if it is empty, too long, or holds anything but visible ASCII without comma.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = !text.is_empty()
            && text.len() <= MAX_LENGTH
            && text.bytes().all(|b| (33..=126).contains(&b) && b != b',');
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The tags in the values of a tag header: a comma list, trimmed, the first 50 of it.
/// What is no tag counts towards the 50 but is dropped: no source says that CloudFront repairs it.
pub fn parse_tags<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Tag> {
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|text| !text.is_empty())
        .take(MAX_TAGS)
        .filter_map(Tag::parse)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(header: &str) -> Vec<String> {
        parse_tags(std::iter::once(header))
            .iter()
            .map(|tag| tag.as_str().to_owned())
            .collect()
    }

    #[test]
    fn a_list_is_split_trimmed_and_folded() {
        assert_eq!(
            tags(" tenant:Acme ,\ttenant:acme:cost,,"),
            ["tenant:acme", "tenant:acme:cost"]
        );
    }

    #[test]
    fn what_is_no_tag_is_dropped() {
        assert_eq!(tags("two words, caf\u{e9}, ok"), ["ok"]);
        assert_eq!(tags(&"x".repeat(257)), [""; 0]);
        assert_eq!(tags(&"x".repeat(256)).len(), 1);
    }

    #[test]
    fn only_the_first_fifty_count() {
        let header: Vec<String> = (0..60).map(|n| format!("t{n}")).collect();
        let kept = tags(&header.join(","));
        assert_eq!(kept.len(), 50);
        assert_eq!(kept[49], "t49");
    }
}
