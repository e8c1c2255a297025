//! What each API call does.

use std::sync::Arc;

use serde_json::Value;

use super::call::{ApiCall, Request};
use super::{answer_xml, xml};
use crate::fault::Effect;
use crate::model::{Distribution, Invalidation, Refusal, Target, Time};
use crate::site::{Site, State};
use crate::template::{self, TemplateError};

/// A call that succeeded.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) invalidation: Option<String>,
}

impl ApiCall {
    /// Items that the call is about: those it brings, or those of the invalidation that it names.
    pub(super) fn items(&self, site: &Site) -> Vec<String> {
        match (&self.request, &self.target) {
            (Request::CreateInvalidation(batch), _) => batch.items.clone(),
            (Request::GetInvalidation(id), Some(target)) => {
                let state = site.state();
                let found = state.world.invalidations.get(target, id);
                found.map_or_else(Vec::new, |one| one.batch.items.clone())
            }
            _ => Vec::new(),
        }
    }

    /// Does it.
    pub(super) fn run(
        &self,
        site: &Site,
        now: Time,
        effect: Option<&Effect>,
    ) -> Result<Done, Refusal> {
        let mut state = site.state();
        let Some(target) = &self.target else {
            return self.about_no_target(&state);
        };
        let shown = |one: &Invalidation| match effect {
            Some(Effect::UnknownStatus { text }) => text.clone(),
            _ => one.status(now).as_str().to_owned(),
        };
        match &self.request {
            Request::CreateInvalidation(batch) => {
                let world = &mut state.world;
                let created = world.create_invalidation(target, batch.clone(), now)?;
                let location = format!("{}/invalidation/{}", url_of(target), created.id);
                Ok(Done {
                    status: 201,
                    headers: vec![("location", location)],
                    ..Done::about(&created, &shown(&created))
                })
            }
            Request::GetInvalidation(id) => {
                let one = state.world.invalidation(target, id)?;
                Ok(Done::about(one, &shown(one)))
            }
            Request::ListInvalidations(page) => {
                state.world.distribution_of(target)?;
                let all = state.world.invalidations.of(target);
                let (shown, next) = page.of(all, |one| &one.id);
                let body = xml::invalidation_list(&shown, page, next.as_deref(), now);
                Ok(Done::ok(body))
            }
            _ => self.about_target(site, &mut state, target, now),
        }
    }

    /// Calls about a distribution or tenant itself.
    fn about_target(
        &self,
        site: &Site,
        state: &mut State,
        target: &Target,
        now: Time,
    ) -> Result<Done, Refusal> {
        let distribution = Arc::clone(state.world.distribution_of(target)?);
        let running = in_progress(state, target, now);
        match &self.request {
            Request::GetDistributionTenant => {
                let tenant = state.world.tenants.get(target.id()).ok_or_else(not_found)?;
                Ok(Done::ok(answer_xml::tenant(tenant)).with_etag(answer_xml::TENANT_ETAG))
            }
            Request::UpdateDistribution {
                version,
                caller_reference,
                config,
            } => {
                let version = version.as_deref();
                let changed = update(site, &distribution, version, caller_reference, config)?;
                let body = answer_xml::distribution(&changed, running);
                let done = Done::ok(body).with_etag(&answer_xml::etag(&changed));
                let id = changed.id.clone();
                state.world.distributions.insert(id, changed.into());
                Ok(done)
            }
            Request::GetDistribution => {
                let body = answer_xml::distribution(&distribution, running);
                Ok(Done::ok(body).with_etag(&answer_xml::etag(&distribution)))
            }
            _ => {
                let body = answer_xml::distribution_config(&distribution);
                Ok(Done::ok(body).with_etag(&answer_xml::etag(&distribution)))
            }
        }
    }

    fn about_no_target(&self, state: &State) -> Result<Done, Refusal> {
        let world = &state.world;
        match &self.request {
            Request::ListDistributionTenants { distribution, page } => {
                let wanted = world.tenants.values().filter(|tenant| {
                    let id = distribution.as_ref();
                    id.is_none_or(|id| *id == tenant.distribution)
                });
                let (shown, next) = page.of(wanted, |tenant| &tenant.id);
                Ok(Done::ok(answer_xml::tenant_list(&shown, next.as_deref())))
            }
            Request::ListTagsForResource(arn) => {
                let distributions = world.distributions.values();
                let of_distributions = distributions
                    .map(|one| (answer_xml::distribution_arn(&one.id), &one.resource_tags));
                let of_tenants = world
                    .tenants
                    .values()
                    .map(|one| (answer_xml::tenant_arn(&one.id), &one.resource_tags));
                let mut all = of_distributions.chain(of_tenants);
                let found = all.find(|(of, _)| of == arn);
                let (_, tags) = found.ok_or_else(|| {
                    let message = format!("There is no resource {arn:?}.");
                    Refusal::new(404, "NoSuchResource", message)
                })?;
                Ok(Done::ok(answer_xml::tags(tags)))
            }
            Request::ListDistributions(page) => {
                let all = world.distributions.values().map(AsRef::as_ref);
                let (shown, next) = page.of(all, |one: &Distribution| &one.id);
                let body = answer_xml::distribution_list(&shown, page, next.as_deref());
                Ok(Done::ok(body))
            }
            _ => Err(not_found()),
        }
    }
}

fn not_found() -> Refusal {
    Refusal::new(404, "EntityNotFound", "The entity was not found.")
}

fn in_progress(state: &State, target: &Target, now: Time) -> usize {
    let all = state.world.invalidations.of(target);
    all.filter(|one| now < one.completes).count()
}

fn url_of(target: &Target) -> String {
    let kind = match target {
        Target::Distribution(_) => "distribution",
        Target::Tenant(_) => "distribution-tenant",
    };
    format!(
        "https://cloudfront.amazonaws.com/2020-05-31/{kind}/{}",
        target.id()
    )
}

/// <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_UpdateDistribution.html>
fn update(
    site: &Site,
    before: &Distribution,
    version: Option<&str>,
    caller_reference: &str,
    config: &Value,
) -> Result<Distribution, Refusal> {
    let version = version.ok_or_else(|| {
        let message = "The If-Match version is missing or not valid for the resource.";
        Refusal::new(400, "InvalidIfMatchVersion", message)
    })?;
    if version != answer_xml::etag(before) {
        let message = "The request failed because it didn't meet the preconditions in one or more request-header fields.";
        return Err(Refusal::new(412, "PreconditionFailed", message));
    }
    if caller_reference != before.logical_id {
        let message = "The CallerReference of a distribution cannot be changed.";
        return Err(Refusal::new(400, "IllegalUpdate", message));
    }
    let mut changed = template::reconfigure(&site.app, before, config.clone())
        .map_err(|error| invalid(&error))?;
    changed.updates += 1;
    Ok(changed)
}

fn invalid(error: &TemplateError) -> Refusal {
    Refusal::new(400, "InvalidArgument", error.to_string())
}

impl Done {
    fn ok(body: String) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
            invalidation: None,
        }
    }

    fn with_etag(mut self, etag: &str) -> Self {
        self.headers.push(("etag", etag.to_owned()));
        self
    }

    fn about(one: &Invalidation, status: &str) -> Self {
        Self {
            invalidation: Some(one.id.clone()),
            ..Self::ok(xml::invalidation(one, status))
        }
    }
}
