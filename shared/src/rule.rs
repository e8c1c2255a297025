//! Rules by their names, with the words of each in one table, and the problems that break them.

pub mod contract;
pub mod distribution;

use std::fmt::{self, Display};

use serde::ser::{Serialize, SerializeStruct, Serializer};

/// A rule, and what is said when it is broken. `{0}` in a text stands for the problem's first
/// value, `{0?}` for the same in quotation marks.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    ident: &'static str,
    /// What was found, after the place where.
    pub finding: &'static str,
    /// What would happen.
    pub consequence: &'static str,
    /// What to do.
    pub mend: &'static str,
}

impl Rule {
    /// The stable name, such as `key-lacks-tenant`.
    #[must_use]
    pub fn name(&self) -> String {
        self.ident.to_ascii_lowercase().replace('_', "-")
    }

    /// The problem that `place` breaks this rule.
    pub fn at(&'static self, place: impl Display, values: &[&dyn Display]) -> Problem {
        Problem {
            rule: self,
            place: place.to_string(),
            values: values.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Every rule: of the contract, then of the distribution.
pub fn all() -> impl Iterator<Item = &'static Rule> {
    contract::ALL.iter().chain(distribution::ALL).copied()
}

/// A rule that is broken, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule.
    pub rule: &'static Rule,
    /// A field of the contract, or a part of the distribution.
    pub place: String,
    values: Vec<String>,
}

impl Problem {
    /// What was found there.
    #[must_use]
    pub fn finding(&self) -> String {
        self.filled(self.rule.finding)
    }

    /// What would happen.
    #[must_use]
    pub fn consequence(&self) -> String {
        self.filled(self.rule.consequence)
    }

    /// What to do.
    #[must_use]
    pub fn mend(&self) -> String {
        self.filled(self.rule.mend)
    }

    fn filled(&self, text: &str) -> String {
        let mut filled = text.to_owned();
        for (index, value) in self.values.iter().enumerate() {
            filled = filled
                .replace(&format!("{{{index}?}}"), &format!("{value:?}"))
                .replace(&format!("{{{index}}}"), value);
        }
        filled
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.finding())?;
        if !self.rule.consequence.is_empty() {
            write!(f, ": {}", self.consequence())?;
        }
        write!(f, "; {}", self.mend())
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut problem = serializer.serialize_struct("Problem", 6)?;
        problem.serialize_field("rule", &self.rule.name())?;
        problem.serialize_field("place", &self.place)?;
        problem.serialize_field("finding", &self.finding())?;
        problem.serialize_field("consequence", &self.consequence())?;
        problem.serialize_field("mend", &self.mend())?;
        problem.serialize_field("message", &self.to_string())?;
        problem.end()
    }
}

/// A table of rules: name, finding, consequence, mend.
macro_rules! rules {
    ($($name:ident: $finding:literal, $consequence:literal, $mend:literal;)*) => {
        $(
            #[doc = concat!("…", $finding, ": ", $consequence)]
            pub static $name: $crate::rule::Rule = $crate::rule::Rule {
                ident: stringify!($name),
                finding: $finding,
                consequence: $consequence,
                mend: $mend,
            };
        )*
        /// All rules of this table.
        pub static ALL: &[&$crate::rule::Rule] = &[$(&$name,)*];
    };
}
use rules;
