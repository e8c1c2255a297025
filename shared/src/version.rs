//! Data versions: which texts can be one, and how two compare.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;

/// Longest version, in characters (all of them ASCII, so also in bytes).
pub const MAX_LENGTH: usize = 64;

/// Whether a text can be a version: it stands in a cache tag, in a report and in the state of an
/// execution, so it is short and has none of the characters that mean something there.
#[must_use]
pub fn is_text(given: &str) -> bool {
    let may_stand = |byte: u8| byte.is_ascii_alphanumeric() || b"._:+/=~-".contains(&byte);
    (1..=MAX_LENGTH).contains(&given.len()) && given.bytes().all(may_stand)
}

/// How two data versions compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum VersionOrder {
    /// As whole numbers.
    Integer,
    /// As RFC 3339 points in time.
    Timestamp,
    /// Equal or not; a different one counts as older.
    Opaque,
}

/// A data version that can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Version {
    /// A whole number.
    Integer(i128),
    /// A point in time.
    Timestamp(Timestamp),
    /// A text that is equal to another or not.
    Opaque(String),
}

/// A text that is not a version under the contract's order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{given:?} is not {expected}, which the contract's version order asks for")]
pub struct UnreadableVersion {
    given: String,
    expected: &'static str,
}

impl Version {
    /// Reads a version.
    pub fn parse(order: VersionOrder, given: &str) -> Result<Self, UnreadableVersion> {
        let given = given.trim();
        let unreadable = |expected| UnreadableVersion {
            given: given.chars().take(80).collect(),
            expected,
        };
        if !is_text(given) {
            return Err(unreadable(
                "a text of 1 to 64 characters of A-Z, a-z, 0-9 and ._:+/=~-",
            ));
        }
        match order {
            VersionOrder::Opaque => Ok(Self::Opaque(given.to_owned())),
            VersionOrder::Integer => given
                .parse()
                .map(Self::Integer)
                .map_err(|_| unreadable("a whole number")),
            VersionOrder::Timestamp => given
                .parse()
                .map(Self::Timestamp)
                .map_err(|_| unreadable("an RFC 3339 time")),
        }
    }

    /// Whether this version is `expected` or a later one. Of opaque versions only the expected
    /// one itself is known not to be older; as in cache tags, their case does not count.
    #[must_use]
    pub fn reaches(&self, expected: &Self) -> bool {
        let ordering = match (self, expected) {
            (Self::Integer(this), Self::Integer(expected)) => this.cmp(expected),
            (Self::Timestamp(this), Self::Timestamp(expected)) => this.cmp(expected),
            (Self::Opaque(this), Self::Opaque(expected)) if this.eq_ignore_ascii_case(expected) => {
                Ordering::Equal
            }
            _ => Ordering::Less,
        };
        ordering != Ordering::Less
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reaches(order: VersionOrder, this: &str, expected: &str) -> bool {
        Version::parse(order, this)
            .unwrap()
            .reaches(&Version::parse(order, expected).unwrap())
    }

    #[test]
    fn numbers_compare_as_numbers() {
        assert!(reaches(VersionOrder::Integer, "10", "9"));
        assert!(reaches(VersionOrder::Integer, "9", "9"));
        assert!(!reaches(VersionOrder::Integer, "9", "10"));
    }

    #[test]
    fn times_compare_across_offsets() {
        let order = VersionOrder::Timestamp;
        assert!(reaches(
            order,
            "2026-01-01T02:00:00+02:00",
            "2026-01-01T00:00:00Z"
        ));
        assert!(!reaches(
            order,
            "2025-12-31T23:59:59.9Z",
            "2026-01-01T00:00:00Z"
        ));
    }

    #[test]
    fn another_opaque_version_counts_as_older() {
        assert!(reaches(VersionOrder::Opaque, "b", "b"));
        assert!(reaches(VersionOrder::Opaque, "B", "b"));
        assert!(!reaches(VersionOrder::Opaque, "c", "b"));
        assert!(!reaches(VersionOrder::Opaque, "a", "b"));
    }

    #[test]
    fn rejects_what_the_order_cannot_compare() {
        for (order, given) in [
            (VersionOrder::Integer, "1.5"),
            (VersionOrder::Integer, ""),
            (VersionOrder::Integer, "v7"),
            (VersionOrder::Timestamp, "yesterday"),
            (VersionOrder::Timestamp, "2026-01-01"),
            (VersionOrder::Timestamp, "2026-01-01 00:00:00Z"),
            (VersionOrder::Opaque, " "),
            (VersionOrder::Opaque, "\"3f80f-1b6\""),
            (VersionOrder::Opaque, "41,42"),
            (VersionOrder::Opaque, "tenant@41"),
        ] {
            assert!(Version::parse(order, given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn a_version_ends_at_sixty_four_characters() {
        assert!(is_text(&"a".repeat(64)) && !is_text(&"a".repeat(65)) && !is_text(""));
        assert!(Version::parse(VersionOrder::Integer, &"0".repeat(65)).is_err());
    }

    proptest! {
        #[test]
        fn of_two_numbers_the_greater_reaches_the_lesser(a in any::<i64>(), b in any::<i64>()) {
            let (a, b) = (Version::Integer(a.into()), Version::Integer(b.into()));
            prop_assert!(a.reaches(&b) || b.reaches(&a));
            prop_assert_eq!(a.reaches(&b) && b.reaches(&a), a == b);
        }
    }
}
