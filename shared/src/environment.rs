//! Reads a function's settings from environment variables and reports all that is wrong at once.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::contract::{self, Contract};
use crate::duration;
use crate::failure::{ErrorName, Failure};

/// Lambda's own variable for the folder that the function's package is unpacked in.
pub const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";

/// Where settings come from: the process, or a map in tests.
pub trait Environment {
    /// The value of a variable, if it is set to valid Unicode.
    fn variable(&self, name: &str) -> Option<String>;
}

/// The environment of this process.
#[derive(Clone, Copy, Debug)]
pub struct ProcessEnvironment;

impl Environment for ProcessEnvironment {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }
}

#[expect(
    clippy::implicit_hasher,
    reason = "for tests, which use the default one"
)]
impl Environment for HashMap<&str, &str> {
    fn variable(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| (*value).to_owned())
    }
}

/// Collects values and problems; [`Reader::finish`] yields the problems, if there are any.
pub struct Reader<'e, E> {
    environment: &'e E,
    problems: Vec<String>,
    contract_problems: Vec<String>,
}

impl<'e, E: Environment> Reader<'e, E> {
    /// Starts with no problem.
    pub fn new(environment: &'e E) -> Self {
        Self {
            environment,
            problems: Vec::new(),
            contract_problems: Vec::new(),
        }
    }

    /// A variable that has to be set; `parse` says what is wrong with a value.
    /// `None` stands for a value whose problem is already noted.
    pub fn required<T, P: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        match self.environment.variable(name) {
            None => {
                self.problem(format!("{name} is not set"));
                None
            }
            Some(value) => self.parsed(name, &value, parse),
        }
    }

    /// A variable that may be unset. An empty value counts as unset.
    pub fn optional<T, P: fmt::Display>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        let value = self.environment.variable(name)?;
        if value.is_empty() {
            return None;
        }
        self.parsed(name, &value, parse)
    }

    /// Notes a problem that concerns more than one variable, or something beside the environment.
    pub fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// The contract that lies beside the function's `bootstrap`.
    pub fn contract(&mut self) -> Option<Contract> {
        let folder = self.required(TASK_ROOT, text)?;
        match Contract::load(&Path::new(&folder).join(contract::FILE_NAME)) {
            Ok(contract) => Some(contract),
            Err(error) => {
                self.contract_problems = error.problems.iter().map(ToString::to_string).collect();
                None
            }
        }
    }

    /// Ends the reading: every problem at once, or none.
    pub fn finish(self) -> Result<(), ConfigurationError> {
        if self.problems.is_empty() && self.contract_problems.is_empty() {
            Ok(())
        } else {
            Err(ConfigurationError {
                problems: self.problems,
                contract_problems: self.contract_problems,
            })
        }
    }

    fn parsed<T, P: fmt::Display>(
        &mut self,
        name: &str,
        value: &str,
        parse: impl FnOnce(&str) -> Result<T, P>,
    ) -> Option<T> {
        match parse(value) {
            Ok(parsed) => Some(parsed),
            Err(problem) => {
                self.problem(format!("{name}: {problem}"));
                None
            }
        }
    }
}

/// Takes any text that is not empty.
pub fn text(value: &str) -> Result<String, &'static str> {
    if value.trim().is_empty() {
        Err("is empty")
    } else {
        Ok(value.to_owned())
    }
}

/// Takes a duration such as `90s`.
pub fn duration(value: &str) -> Result<Duration, duration::DurationError> {
    duration::parse(value)
}

/// Takes a whole number within `range`.
pub fn number<T: FromStr + PartialOrd + fmt::Display>(
    range: std::ops::RangeInclusive<T>,
) -> impl FnOnce(&str) -> Result<T, String> {
    move |value| match value.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!(
            "{value:?} is not a whole number from {} to {}",
            range.start(),
            range.end()
        )),
    }
}

/// The function's own settings, or its contract, are wrong; nothing was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigurationError {
    /// One sentence per problem of the environment, each naming its variable.
    pub problems: Vec<String>,
    /// One sentence per problem of the contract, each naming its place.
    pub contract_problems: Vec<String>,
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the function is not configured: ")?;
        let in_contract = self
            .contract_problems
            .iter()
            .map(|problem| format!("{}: {problem}", contract::FILE_NAME));
        let all: Vec<String> = self.problems.iter().cloned().chain(in_contract).collect();
        f.write_str(&all.join("; "))
    }
}

impl std::error::Error for ConfigurationError {}

impl Failure for ConfigurationError {
    fn name(&self) -> ErrorName {
        if self.problems.is_empty() {
            ErrorName::InvalidContract
        } else {
            ErrorName::InvalidConfiguration
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_every_problem_together() {
        let environment = HashMap::from([("B", ""), ("C", "10"), ("D", "99")]);
        let mut reader = Reader::new(&environment);
        reader.required("A", text);
        reader.required("B", text);
        reader.optional("C", duration);
        reader.optional("D", number(1..=64));
        assert_eq!(reader.optional("E", text), None);
        let error = reader.finish().unwrap_err();
        assert_eq!(error.problems.len(), 4);
        for name in ["A is not set", "B: is empty", "C: ", "D: \"99\""] {
            assert!(error.to_string().contains(name), "{error}");
        }
    }

    #[test]
    fn problems_of_environment_and_contract_come_together() {
        let folder = std::env::temp_dir().join(format!("warmfront-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(contract::FILE_NAME), "{}").unwrap();
        let environment = HashMap::from([(TASK_ROOT, folder.to_str().unwrap())]);

        let mut alone = Reader::new(&environment);
        assert_eq!(alone.contract(), None);
        let alone = alone.finish().unwrap_err();
        let mut both = Reader::new(&environment);
        both.contract();
        both.required("A", text);
        let both = both.finish().unwrap_err();
        std::fs::remove_dir_all(&folder).unwrap();

        assert_eq!(alone.name(), ErrorName::InvalidContract);
        assert_eq!(both.name(), ErrorName::InvalidConfiguration);
        for part in [
            "A is not set",
            "contract.json: tagHeader is missing; add it",
            "endpoints is missing; add it",
        ] {
            assert!(both.to_string().contains(part), "{both}");
        }
    }
}
