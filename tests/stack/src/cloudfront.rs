//! `cloudfront-local`: started from the synthesized template of the distribution, steered over its control port.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde::Deserialize;
use serde_json::Value;
use tokio::process::Command;

use crate::{
    control::Control, error::StackError, folders::Folders, options::Options, part::Part,
    reaper::Reaper,
};

const START_WITHIN: Duration = Duration::from_secs(30);
const PROGRAM: &str = "cloudfront-local";

/// A running one, or another CloudFront that was there before.
#[derive(Debug)]
pub(crate) struct CloudFront {
    /// The program, if this stack started it.
    pub(crate) part: Option<Part>,
    /// CloudFront's API.
    pub(crate) control_plane: String,
    /// Where the cache can be looked at and faults be scripted; only cloudfront-local has that.
    pub(crate) control: Option<String>,
    /// The distribution that is purged and asked.
    pub(crate) distribution: Distribution,
}

/// The line that the program prints when it listens.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Ready {
    control_plane: String,
    control: String,
    distributions: Vec<Distribution>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Distribution {
    pub(crate) id: String,
    pub(crate) url: String,
}

impl CloudFront {
    /// The one that the options name, if they do.
    pub(crate) fn existing(options: &Options) -> Option<Self> {
        Some(Self {
            part: None,
            control_plane: options.cloudfront.clone()?,
            control: None,
            distribution: Distribution {
                id: options.distribution_id.clone()?,
                url: options.base_url.clone()?,
            },
        })
    }

    /// Starts it in front of this origin and waits for its ready line.
    pub(crate) async fn start(
        options: &Options,
        template: &Path,
        origin: &str,
        folders: &Folders,
        reaper: &Arc<Reaper>,
    ) -> Result<Self, StackError> {
        let mut command = Command::new(program(options)?);
        command
            .arg("--template")
            .arg(template)
            .args([
                "--origin",
                &format!("*={origin}"),
                "--profile",
                &options.profile,
            ])
            .current_dir(folders.root());
        let numbers = [
            ("--seed", options.seed),
            ("--propagation-ms", options.propagation_ms),
            ("--completion-ms", options.completion_ms),
        ];
        for (flag, number) in numbers {
            if let Some(number) = number {
                command.args([flag, &number.to_string()]);
            }
        }
        let mut part = Part::start(PROGRAM, command, &folders.logs(), reaper)?;
        let log = part.log().to_owned();
        let ready: Ready = part
            .ready(START_WITHIN, async || {
                let text = std::fs::read_to_string(&log).ok()?;
                text.lines()
                    .find_map(|line| serde_json::from_str(line).ok())
            })
            .await?;
        let distribution = ready.distributions.into_iter().next().ok_or_else(|| {
            StackError::unusable(
                "find the distribution",
                format!("{} has none", template.display()),
            )
        })?;
        Ok(Self {
            part: Some(part),
            control_plane: ready.control_plane,
            control: Some(ready.control),
            distribution,
        })
    }
}

/// The program that was named, or the one that was built together with this one.
pub(crate) fn program(options: &Options) -> Result<PathBuf, StackError> {
    if let Some(program) = &options.cloudfront_local {
        return Ok(program.clone());
    }
    let own = std::env::current_exe().map_err(StackError::io("find this program"))?;
    // Test programs lie one folder deeper, in `deps`.
    let folders = own.ancestors().skip(1).take(2);
    let mut candidates = folders.map(|folder| folder.join(PROGRAM));
    candidates
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| StackError::Program {
            program: PROGRAM.to_owned(),
            reason: format!(
                "it is not beside {}; build it with cargo build -p cloudfront-local",
                own.display()
            ),
        })
}

/// Steers and reads a running one.
#[derive(Clone, Debug)]
pub struct CloudFrontControl {
    control: Control,
}

/// One cached copy, in one POP or regional cache.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CachedCopy {
    /// Where it lies.
    pub place: String,
    /// What it answers.
    pub key: CachedKey,
    /// Its status.
    pub status: u16,
    /// Its tags, as CloudFront understood them.
    pub tags: Vec<String>,
    /// How old it is.
    pub age_ms: u64,
    /// Its headers, secrets left out.
    pub headers: BTreeMap<String, String>,
}

/// A cache key.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct CachedKey {
    /// Path as sent.
    pub path: String,
    /// The query parameters in the key.
    pub query: Option<String>,
    /// The headers in the key.
    pub headers: Vec<(String, String)>,
}

impl CachedKey {
    /// The value of a header of the key.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_str())
    }
}

impl CloudFrontControl {
    /// The control port at this endpoint.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        Self {
            control: Control::at(PROGRAM, endpoint),
        }
    }

    /// Every copy with this tag.
    pub async fn cached(&self, tag: &str) -> Result<Vec<CachedCopy>, StackError> {
        self.control
            .get(&format!("/cache?tag={}", encoded(tag)))
            .await
    }

    /// Drops every copy with this tag, as eviction does.
    pub async fn evict(&self, tag: &str) -> Result<(), StackError> {
        self.control
            .delete(&format!("/cache?tag={}", encoded(tag)))
            .await
    }

    /// Entries of the history that satisfy this filter, such as `plane=control&item=tenant:acme`.
    pub async fn history(&self, filter: &[(&str, &str)]) -> Result<Vec<Value>, StackError> {
        let pairs: Vec<String> = filter
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        self.control
            .get(&format!("/history?{}", pairs.join("&")))
            .await
    }

    /// Scripts a fault (`{"operation": "CreateInvalidation", "when": {"item": ..}, "effect": {"kind": "throttle"}}`) and names it.
    pub async fn script(&self, fault: &Value) -> Result<u64, StackError> {
        self.control.script(fault).await
    }

    /// Removes a fault.
    pub async fn unscript(&self, id: u64) -> Result<(), StackError> {
        self.control.unscript(id).await
    }
}

fn encoded(value: &str) -> String {
    url::form_urlencoded::byte_serialize(value.as_bytes()).collect()
}
