//! `warmfront check`: a contract, and distributions against it, held to the rulebook.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use warmfront::contract::Contract;
use warmfront::distribution::{Distribution, cloudformation, terraform};
use warmfront::duration;
use warmfront::rule::Problem;
use warmfront::rulebook::{Expected, check_distribution};

use crate::files::{self, Unreadable};
use crate::{Status, rules_page};

const SCHEMA: &str = include_str!("../../shared/contract.schema.json");
const MINIMAL: &str = include_str!("../minimal-contract.json");

/// What is checked, and what is meant.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[derive(Debug, Default, Args)]
pub struct CheckArguments {
    /// The contract
    #[arg(required_unless_present = "print")]
    contract: Option<PathBuf>,
    /// A CloudFormation template (CDK, SAM, JSON or YAML); all that are deployed together
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "terraform")]
    template: Vec<PathBuf>,
    /// What `terraform show -json` prints of a plan or a state
    #[arg(long, value_name = "FILE")]
    terraform: Option<PathBuf>,
    /// Only this distribution, by logical id or address
    #[arg(long, value_name = "NAME")]
    distribution: Option<String>,
    /// A path pattern that is meant to be reached without a token
    #[arg(long, value_name = "PATTERN")]
    public: Vec<String>,
    /// A path pattern that is meant to take signed URLs and cookies only
    #[arg(long, value_name = "PATTERN")]
    signed: Vec<String>,
    /// The cache tagger's version; without it, what the tag `warmfront:role` says
    #[arg(long, value_name = "REFERENCE")]
    tagger: Vec<String>,
    /// The viewer authorizer's version; without it, what the tag `warmfront:role` says
    #[arg(long, value_name = "REFERENCE")]
    authorizer: Vec<String>,
    /// The API is meant to be reached by plain HTTP
    #[arg(long)]
    plain_http_origin: bool,
    /// The error caching TTL that the prewarmer reckons with, such as 10s
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    error_caching_ttl: Option<u64>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    /// Print the contract's JSON Schema
    #[arg(long, group = "print")]
    print_schema: bool,
    /// Print a minimal contract to begin with
    #[arg(long, group = "print")]
    print_minimal: bool,
    /// Print every rule, as Markdown
    #[arg(long, group = "print")]
    print_rules: bool,
}

fn seconds(given: &str) -> Result<u64, duration::DurationError> {
    duration::parse(given).map(|duration| duration.as_secs())
}

/// A problem, and the file and the distribution that have it.
struct Found {
    file: String,
    distribution: Option<String>,
    problem: Problem,
}

pub(crate) fn run(
    arguments: &CheckArguments,
    out: &mut impl Write,
    errors: &mut impl Write,
) -> io::Result<Status> {
    for (wanted, text) in [
        (arguments.print_schema, SCHEMA),
        (arguments.print_minimal, MINIMAL),
        (arguments.print_rules, &rules_page()),
    ] {
        if wanted {
            write!(out, "{text}")?;
            return Ok(Status::Fine);
        }
    }
    match found(arguments) {
        Ok(found) => report(arguments, &found, out, errors),
        Err(unreadable) => {
            writeln!(errors, "{unreadable}")?;
            Ok(Status::CouldNotLook)
        }
    }
}

fn found(arguments: &CheckArguments) -> Result<Vec<Found>, Unreadable> {
    let file = arguments.contract.clone().unwrap_or_default();
    let at = |problem, distribution| Found {
        file: file.display().to_string(),
        distribution,
        problem,
    };
    let contract = match Contract::parse(&files::text(&file)?) {
        Ok(contract) => contract,
        // A distribution cannot be held against it; what is wrong with the contract comes first.
        Err(error) => {
            return Ok(error
                .problems
                .into_iter()
                .map(|each| at(each, None))
                .collect());
        }
    };
    let expected = expected(arguments);
    let mut found = Vec::new();
    let distributions = distributions(arguments)?;
    let several = distributions.len() > 1;
    for (file, distribution) in distributions {
        for problem in check_distribution(&distribution, &contract, &expected) {
            found.push(Found {
                file: file.clone(),
                distribution: several.then(|| distribution.name.clone()),
                problem,
            });
        }
    }
    Ok(found)
}

fn expected(arguments: &CheckArguments) -> Expected {
    Expected {
        public_paths: arguments.public.clone(),
        signed_paths: arguments.signed.clone(),
        taggers: arguments.tagger.clone(),
        authorizers: arguments.authorizer.clone(),
        plain_http_origin: arguments.plain_http_origin,
        error_caching_ttl: arguments.error_caching_ttl,
    }
}

/// The distributions that were asked for, with the files that they are in.
fn distributions(arguments: &CheckArguments) -> Result<Vec<(String, Distribution)>, Unreadable> {
    let (file, read) = if let Some(file) = &arguments.terraform {
        (file.clone(), terraform::distributions(&files::json(file)?))
    } else if let Some(first) = arguments.template.first() {
        let templates = arguments.template.iter().map(|file| files::template(file));
        let templates = templates.collect::<Result<Vec<Value>, _>>()?;
        (first.clone(), cloudformation::distributions(&templates))
    } else {
        return Ok(Vec::new());
    };
    let mut read = read.map_err(|error| Unreadable::new(&file, &error))?;
    if let Some(wanted) = &arguments.distribution {
        let names: Vec<_> = read.iter().map(|each| each.name.clone()).collect();
        read.retain(|each| each.name == *wanted);
        if read.is_empty() {
            let why = format!(
                "it has no distribution {wanted:?}; it has {}",
                names.join(", ")
            );
            return Err(Unreadable::new(&file, &why));
        }
    }
    let file = file.display().to_string();
    Ok(read.into_iter().map(|each| (file.clone(), each)).collect())
}

fn report(
    arguments: &CheckArguments,
    found: &[Found],
    out: &mut impl Write,
    errors: &mut impl Write,
) -> io::Result<Status> {
    if arguments.json {
        let problems: Vec<Value> = found
            .iter()
            .map(|each| {
                let mut value = json!(each.problem);
                value["file"] = json!(each.file);
                value["distribution"] = json!(each.distribution);
                value
            })
            .collect();
        writeln!(out, "{}", json!({ "problems": problems }))?;
    } else {
        for Found {
            file,
            distribution,
            problem,
        } in found
        {
            let of = distribution
                .as_ref()
                .map_or(String::new(), |name| format!(" {name}:"));
            writeln!(out, "{file}:{of} {problem} [{}]", problem.rule.name())?;
        }
        match found.len() {
            0 => writeln!(errors, "no problem found")?,
            1 => writeln!(errors, "1 problem")?,
            many => writeln!(errors, "{many} problems")?,
        }
    }
    Ok(if found.is_empty() {
        Status::Fine
    } else {
        Status::Problems
    })
}
