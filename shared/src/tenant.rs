//! The tenant id: one canonical spelling, shared with the edge functions through
//! `shared/vectors/tenant-ids.json`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Longest tenant id, in characters (all of them ASCII, so also in bytes).
pub const MAX_LENGTH: usize = 64;

/// A tenant id in canonical form: `[a-z0-9][a-z0-9._-]*`, 1 to 64 characters.
///
/// Upper-case ASCII letters are folded; anything else outside the alphabet is rejected and never
/// repaired. Repairing would map two tenants onto one cache tag, or make a tag that no cached
/// object carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TenantId(String);

/// Why a string is not a tenant id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TenantIdError {
    /// The string has no character.
    #[error("a tenant id has at least one character, this one is empty")]
    Empty,
    /// The string is longer than [`MAX_LENGTH`].
    #[error("a tenant id has at most {MAX_LENGTH} characters, this one has {0}")]
    TooLong(usize),
    /// A character outside the alphabet, at this position (counted in characters from 0).
    #[error(
        "{character:?} at position {position} cannot stand in a tenant id: \
         a letter or digit first, then letters, digits, '.', '_' or '-'"
    )]
    BadCharacter {
        /// The offending character.
        character: char,
        /// Its position.
        position: usize,
    },
}

impl TenantId {
    /// Reads a tenant id, folding upper-case ASCII letters.
    pub fn parse(given: &str) -> Result<Self, TenantIdError> {
        if given.is_empty() {
            return Err(TenantIdError::Empty);
        }
        for (position, character) in given.chars().enumerate() {
            let allowed = character.is_ascii_alphanumeric()
                || (position > 0 && matches!(character, '.' | '_' | '-'));
            if !allowed {
                return Err(TenantIdError::BadCharacter {
                    character,
                    position,
                });
            }
        }
        if given.len() > MAX_LENGTH {
            return Err(TenantIdError::TooLong(given.len()));
        }
        Ok(Self(given.to_ascii_lowercase()))
    }

    /// The canonical spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TenantId {
    type Error = TenantIdError;

    fn try_from(given: String) -> Result<Self, Self::Error> {
        Self::parse(&given)
    }
}

impl From<TenantId> for String {
    fn from(tenant: TenantId) -> Self {
        tenant.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_upper_case() {
        assert_eq!(TenantId::parse("ACME").unwrap().as_str(), "acme");
    }

    #[test]
    fn rejects_what_it_would_have_to_repair() {
        for bad in [
            "",
            "acme corp",
            "acme,beta",
            "../x",
            "#x",
            ".a",
            "-a",
            "_a",
            "a/b",
            "a%20b",
            "🦀",
            "a\n",
            "\u{212a}elvin",
            "ａ",
            "a\u{301}",
            " acme",
        ] {
            assert!(TenantId::parse(bad).is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn length_ends_at_sixty_four() {
        assert!(TenantId::parse(&"a".repeat(64)).is_ok());
        assert_eq!(
            TenantId::parse(&"a".repeat(65)),
            Err(TenantIdError::TooLong(65))
        );
    }

    #[test]
    fn error_names_character_and_position() {
        let error = TenantId::parse("acme corp").unwrap_err().to_string();
        assert!(error.contains("' ' at position 4"), "{error}");
    }
}
