//! The books of invalidations: validation, quotas, caller references, status.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::profile::Profile;
use super::propagation::Item;
use super::tag::Tag;
use super::time::Time;

/// Longest invalidation path.
const MAX_PATH: usize = 4000;
/// How many invalidations are remembered; beyond it the oldest are forgotten with their references.
const MAX_REMEMBERED: usize = 20_000;

/// What is invalidated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// A distribution by id.
    Distribution(String),
    /// A distribution tenant by id.
    Tenant(String),
}

impl Target {
    /// The id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Distribution(id) | Self::Tenant(id) => id,
        }
    }
}

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Reference chosen by the client.
    pub caller_reference: String,
    /// Declared number of items.
    pub quantity: usize,
    /// Items as written.
    pub items: Vec<String>,
}

/// How a caller reference used before for another batch is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ReplayForm {
    /// `InvalidationBatchAlreadyExists`, as documented.
    AlreadyExists,
    /// 400 `InvalidArgument` with a telling message, as users report.
    InvalidArgument,
}

/// The status that clients are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidationStatus {
    /// Under way.
    InProgress,
    /// Done.
    Completed,
}

impl InvalidationStatus {
    /// As CloudFront writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Completed => "Completed",
        }
    }
}

/// An invalidation.
#[derive(Clone, Debug)]
pub struct Invalidation {
    /// Id.
    pub id: String,
    /// What it is for.
    pub target: Target,
    /// When it was created.
    pub created: Time,
    /// When its status becomes `Completed`.
    pub completes: Time,
    /// The batch it was created with.
    pub batch: Batch,
}

impl Invalidation {
    /// The status at a moment.
    #[must_use]
    pub fn status(&self, now: Time) -> InvalidationStatus {
        if now >= self.completes {
            InvalidationStatus::Completed
        } else {
            InvalidationStatus::InProgress
        }
    }
}

/// An error answer of the control plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// Error code.
    pub code: String,
    /// Message.
    pub message: String,
}

impl Refusal {
    /// An error answer.
    #[must_use]
    pub fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.into(),
        }
    }

    /// As users report it.
    #[must_use]
    pub fn throttled() -> Self {
        Self::new(400, "Throttling", "Rate exceeded")
    }

    /// As users report it.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(
            503,
            "ServiceUnavailable",
            "CloudFront encountered an internal error. Please try again.",
        )
    }

    /// The quota on items or wildcards in progress.
    #[must_use]
    pub fn too_many_in_progress() -> Self {
        Self::new(
            400,
            "TooManyInvalidationsInProgress",
            "Processing your request will cause you to exceed the maximum number of in-progress wildcard invalidations.",
        )
    }

    /// A caller reference used before for another batch.
    #[must_use]
    pub fn reference_used(form: ReplayForm) -> Self {
        match form {
            ReplayForm::AlreadyExists => Self::new(
                409,
                "InvalidationBatchAlreadyExists",
                "An invalidation batch with this caller reference already exists.",
            ),
            ReplayForm::InvalidArgument => Self::new(
                400,
                "InvalidArgument",
                "Your request contains a caller reference that was used for a previous invalidation batch for the same distribution.",
            ),
        }
    }
}

/// Reads the items of a batch.
pub(crate) fn parse_items(batch: &Batch, profile: &Profile) -> Result<Vec<Item>, Refusal> {
    let invalid = |message: &str| Refusal::new(400, "InvalidArgument", message);
    if batch.caller_reference.is_empty() {
        return Err(invalid("The caller reference must not be empty."));
    }
    if batch.quantity != batch.items.len() {
        return Err(Refusal::new(
            400,
            "InconsistentQuantities",
            "The value of Quantity and the size of Items don't match.",
        ));
    }
    if batch.items.is_empty() {
        return Err(invalid(
            "Your request must contain at least one invalidation path.",
        ));
    }
    if batch.items.len() > profile.max_items_in_progress {
        return Err(Refusal::new(
            413,
            "BatchTooLarge",
            "Invalidation batch specified is too large.",
        ));
    }
    let items: Option<Vec<Item>> = batch
        .items
        .iter()
        .map(|text| parse_item(text, profile))
        .collect();
    items.ok_or_else(|| invalid("Your request contains one or more invalid invalidation paths."))
}

fn parse_item(text: &str, profile: &Profile) -> Option<Item> {
    if let Some(tag) = text.strip_prefix('#') {
        return Tag::parse(tag).map(Item::Tag);
    }
    let is_path = text.starts_with('/')
        && text.len() <= MAX_PATH
        && text.bytes().all(|b| (33..=126).contains(&b));
    match (is_path, text.strip_suffix('*')) {
        (true, Some(prefix)) => Some(Item::Prefix(prefix.to_owned())),
        (true, None) => Some(Item::Path(text.to_owned())),
        (false, _) if text.starts_with('/') || profile.refuse_bare_items => None,
        (false, _) => Some(Item::Nothing),
    }
}

/// Every invalidation that is remembered.
#[derive(Debug, Default)]
pub struct Invalidations {
    /// Oldest first.
    all: Vec<Invalidation>,
    by_reference: HashMap<(Target, String), String>,
}

impl Invalidations {
    /// The invalidation that a caller reference was used for.
    pub(crate) fn by_reference(&self, target: &Target, reference: &str) -> Option<&Invalidation> {
        let id = self
            .by_reference
            .get(&(target.clone(), reference.to_owned()))?;
        self.get(target, id)
    }

    /// An invalidation of a target by id.
    #[must_use]
    pub fn get(&self, target: &Target, id: &str) -> Option<&Invalidation> {
        self.all
            .iter()
            .rev()
            .find(|one| one.id == id && one.target == *target)
    }

    /// The invalidations of a target, newest first.
    pub fn of<'a>(&'a self, target: &'a Target) -> impl Iterator<Item = &'a Invalidation> {
        self.all.iter().rev().filter(|one| one.target == *target)
    }

    /// Refuses what would exceed a quota on what is in progress.
    pub(crate) fn check_quota(
        &self,
        target: &Target,
        items: &[Item],
        profile: &Profile,
        now: Time,
    ) -> Result<(), Refusal> {
        let open = self.of(target).filter(|one| now < one.completes);
        let texts = open.flat_map(|one| &one.batch.items);
        let in_progress = texts.map(|text| text.starts_with('/') && text.ends_with('*'));
        let asked = items.iter().map(|item| matches!(item, Item::Prefix(_)));
        let (wildcards, plain): (Vec<bool>, Vec<bool>) = in_progress
            .chain(asked)
            .partition(|is_wildcard| *is_wildcard);
        let (wildcards, plain) = (wildcards.len(), plain.len());
        if plain > profile.max_items_in_progress || wildcards > profile.max_wildcards_in_progress {
            return Err(Refusal::too_many_in_progress());
        }
        Ok(())
    }

    /// Enters a new invalidation.
    pub(crate) fn enter(&mut self, invalidation: Invalidation) {
        if self.all.len() >= MAX_REMEMBERED {
            let forgotten = self.all.remove(0);
            self.by_reference
                .remove(&(forgotten.target, forgotten.batch.caller_reference));
        }
        let reference = (
            invalidation.target.clone(),
            invalidation.batch.caller_reference.clone(),
        );
        self.by_reference.insert(reference, invalidation.id.clone());
        self.all.push(invalidation);
    }
}

/// Calls allowed now and then: the request rate of the account.
#[derive(Debug)]
pub(crate) struct RateBucket {
    tokens: f64,
    filled: Time,
}

impl RateBucket {
    pub(crate) fn new(burst: u32, now: Time) -> Self {
        Self {
            tokens: f64::from(burst),
            filled: now,
        }
    }

    /// Takes one call; false if the rate is exceeded. A rate of zero never binds.
    pub(crate) fn take(&mut self, rate: f64, burst: u32, now: Time) -> bool {
        if rate <= 0.0 {
            return true;
        }
        let gained: Duration = now.since(self.filled);
        self.tokens = (self.tokens + gained.as_secs_f64() * rate).min(f64::from(burst));
        self.filled = now;
        let has_one = self.tokens >= 1.0;
        if has_one {
            self.tokens -= 1.0;
        }
        has_one
    }
}
