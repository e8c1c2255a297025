//! The rulebook as the CDK app asks it: a question in JSON, an answer in JSON. See [`exports`] for
//! how the two get into and out of WebAssembly.

pub mod exports;
mod keys;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use warmfront::contract::Contract;
use warmfront::distribution::{Distribution, cloudformation};
use warmfront::rule::Problem;
use warmfront::rulebook::{Expected, check_distribution};

pub use keys::KeyOfPattern;

/// What can be asked.
#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase")]
pub enum Question {
    /// Whether a contract is valid.
    Contract {
        /// Its text.
        contract: String,
    },
    /// Whether a distribution fits a contract.
    Distribution(Box<HeldAgainst>),
    /// The cache key of each behaviour of a distribution.
    CacheKeys {
        /// Where it is.
        #[serde(flatten)]
        rendered: Rendered,
    },
}

/// A distribution, and what it is held against.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HeldAgainst {
    /// The contract's text.
    pub contract: String,
    /// Where the distribution is.
    #[serde(flatten)]
    pub rendered: Rendered,
    /// Patterns that are meant to be reached without a token.
    #[serde(default)]
    pub public_paths: Vec<String>,
    /// Patterns that are meant to take signed URLs and cookies only.
    #[serde(default)]
    pub signed_paths: Vec<String>,
    /// References to the cache tagger's version, as the first template has them.
    #[serde(default)]
    pub taggers: Vec<Value>,
    /// References to the viewer authorizer's version, likewise.
    #[serde(default)]
    pub authorizers: Vec<Value>,
    /// Whether the API is meant to be reached by plain HTTP.
    #[serde(default)]
    pub plain_http_origin: bool,
    /// The error caching TTL that the prewarmer reckons with, in seconds, where none is in the templates.
    #[serde(default)]
    pub error_caching_ttl: Option<u64>,
}

/// A distribution in rendered templates.
#[derive(Debug, Deserialize)]
pub struct Rendered {
    /// Templates that are deployed together; the distribution is in the first.
    pub templates: Vec<Value>,
    /// Its logical id.
    pub distribution: String,
}

/// An answer.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// What breaks a rule; nothing where all is well.
    Problems(Vec<Problem>),
    /// The cache keys.
    Keys(Vec<KeyOfPattern>),
    /// Why there is nothing to look at.
    Unreadable(String),
}

/// Answers one question, both in JSON.
#[must_use]
pub fn answer(question: &str) -> String {
    let answer = match serde_json::from_str(question) {
        Ok(question) => answer_to(question),
        Err(error) => Answer::Unreadable(format!("the question cannot be read: {error}")),
    };
    serde_json::to_string(&answer).expect("an answer is texts and lists")
}

fn answer_to(question: Question) -> Answer {
    match question {
        Question::Contract { contract } => Answer::Problems(match Contract::parse(&contract) {
            Ok(_) => Vec::new(),
            Err(error) => error.problems,
        }),
        Question::Distribution(question) => held_against(*question),
        Question::CacheKeys { rendered } => match read(&rendered) {
            Ok(distribution) => Answer::Keys(keys::of(&distribution)),
            Err(why) => Answer::Unreadable(why),
        },
    }
}

fn held_against(question: HeldAgainst) -> Answer {
    let contract = match Contract::parse(&question.contract) {
        Ok(contract) => contract,
        Err(error) => return Answer::Problems(error.problems),
    };
    let distribution = match read(&question.rendered) {
        Ok(distribution) => distribution,
        Err(why) => return Answer::Unreadable(why),
    };
    let templates = &question.rendered.templates;
    let references = |given: &[Value]| {
        let texts = given
            .iter()
            .map(|each| cloudformation::reference(templates, each));
        texts.collect()
    };
    let expected = Expected {
        taggers: references(&question.taggers),
        authorizers: references(&question.authorizers),
        public_paths: question.public_paths,
        signed_paths: question.signed_paths,
        plain_http_origin: question.plain_http_origin,
        error_caching_ttl: question
            .error_caching_ttl
            .filter(|_| distribution.reckoned_error_ttls.is_empty()),
    };
    Answer::Problems(check_distribution(&distribution, &contract, &expected))
}

fn read(rendered: &Rendered) -> Result<Distribution, String> {
    let read = cloudformation::distributions(&rendered.templates);
    let mut read = read.map_err(|error| error.to_string())?.into_iter();
    read.find(|each| each.name == rendered.distribution)
        .ok_or_else(|| {
            format!(
                "the templates have no distribution {:?}",
                rendered.distribution
            )
        })
}
