//! The books of invalidations: validation, quotas, caller references, status.
//!
//! <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CreateInvalidation.html>

use std::collections::{HashMap, VecDeque};

use super::profile::Profile;
use super::propagation::Item;
use super::refusal::Refusal;
use super::tag::Tag;
use super::time::Time;

/// Longest invalidation path.
const MAX_PATH: usize = 4000;
/// How many bytes of batches are remembered; beyond it the oldest are forgotten with their references.
const MAX_REMEMBERED: usize = 64 << 20;
/// What one invalidation costs beside its items.
const OVERHEAD: usize = 512;

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

impl Batch {
    fn weight(&self) -> usize {
        OVERHEAD
            + self.caller_reference.len()
            + self
                .items
                .iter()
                .map(|item| item.len() + size_of::<String>())
                .sum::<usize>()
    }
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
    all: VecDeque<Invalidation>,
    bytes: usize,
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
        if wildcards > profile.max_wildcards_in_progress {
            return Err(Refusal::too_many_wildcards_in_progress());
        }
        if plain > profile.max_items_in_progress {
            return Err(Refusal::too_many_in_progress());
        }
        Ok(())
    }

    /// Enters a new invalidation.
    pub(crate) fn enter(&mut self, invalidation: Invalidation) {
        self.bytes += invalidation.batch.weight();
        while self.bytes > MAX_REMEMBERED
            && let Some(forgotten) = self.all.pop_front()
        {
            self.bytes -= forgotten.batch.weight();
            self.by_reference
                .remove(&(forgotten.target, forgotten.batch.caller_reference));
        }
        let reference = (
            invalidation.target.clone(),
            invalidation.batch.caller_reference.clone(),
        );
        self.by_reference.insert(reference, invalidation.id.clone());
        self.all.push_back(invalidation);
    }
}
