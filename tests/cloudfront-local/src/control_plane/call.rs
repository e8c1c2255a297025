//! API calls: from method and path to a typed call, and what each does.

use http::{Method, Uri};

use super::{Operation, Refusal, Target, config_xml, request_xml, xml};
use crate::fault::Effect;
use crate::model::{Batch, Invalidation, Time, World};
use crate::site::Site;

/// As many as the API gives at once.
const PAGE: usize = 100;

/// A call.
#[derive(Debug)]
pub(super) struct ApiCall {
    pub(super) operation: Operation,
    target: Option<Target>,
    invalidation: Option<String>,
    batch: Option<Batch>,
    marker: Option<String>,
    page: usize,
}

/// A call that succeeded.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
    pub(super) invalidation: Option<String>,
}

impl ApiCall {
    pub(super) fn read(method: &Method, uri: &Uri, body: &[u8]) -> Result<Self, Refusal> {
        let path = uri.path().trim_end_matches('/');
        let rest = path.strip_prefix("/2020-05-31/").unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').collect();
        let distribution = |id: &str| Some(Target::Distribution(id.to_owned()));
        let tenant = |id: &str| Some(Target::Tenant(id.to_owned()));
        let is_get = method == Method::GET;
        let is_post = method == Method::POST;
        let (operation, target, invalidation) = match parts[..] {
            ["distribution"] if is_get => (Operation::ListDistributions, None, None),
            ["distribution", id] if is_get => (Operation::GetDistribution, distribution(id), None),
            ["distribution", id, "config"] if is_get => {
                (Operation::GetDistributionConfig, distribution(id), None)
            }
            ["distribution", id, "invalidation"] if is_post => {
                (Operation::CreateInvalidation, distribution(id), None)
            }
            ["distribution", id, "invalidation"] if is_get => {
                (Operation::ListInvalidations, distribution(id), None)
            }
            ["distribution", id, "invalidation", one] if is_get => (
                Operation::GetInvalidation,
                distribution(id),
                Some(one.to_owned()),
            ),
            ["distribution-tenant", id, "invalidation"] if is_post => (
                Operation::CreateInvalidationForDistributionTenant,
                tenant(id),
                None,
            ),
            ["distribution-tenant", id, "invalidation"] if is_get => (
                Operation::ListInvalidationsForDistributionTenant,
                tenant(id),
                None,
            ),
            ["distribution-tenant", id, "invalidation", one] if is_get => (
                Operation::GetInvalidationForDistributionTenant,
                tenant(id),
                Some(one.to_owned()),
            ),
            _ => {
                let message = format!(
                    "{method} {path} is no call that cloudfront-local knows; see its README."
                );
                return Err(Refusal::new(404, "NotImplemented", message));
            }
        };
        let batch = if is_post {
            Some(request_xml::read_batch(body)?)
        } else {
            None
        };
        let (marker, page) = paging(uri)?;
        Ok(Self {
            operation,
            target,
            invalidation,
            batch,
            marker,
            page,
        })
    }

    pub(super) fn target_id(&self) -> &str {
        self.target.as_ref().map_or("", Target::id)
    }

    /// Items that the call is about: those it brings, or those of the invalidation that it names.
    pub(super) fn items(&self, site: &Site) -> Vec<String> {
        if let Some(batch) = &self.batch {
            return batch.items.clone();
        }
        let (Some(target), Some(id)) = (&self.target, &self.invalidation) else {
            return Vec::new();
        };
        let state = site.state();
        let found = state.world.invalidations.get(target, id);
        found.map_or_else(Vec::new, |one| one.batch.items.clone())
    }

    /// Does it.
    pub(super) fn run(
        &self,
        world: &mut World,
        now: Time,
        effect: Option<&Effect>,
    ) -> Result<Done, Refusal> {
        let Some(target) = &self.target else {
            let distributions = world.distributions.values().map(AsRef::as_ref);
            return Ok(Done::ok(config_xml::distribution_list(distributions)));
        };
        let shown = |one: &Invalidation| match effect {
            Some(Effect::UnknownStatus { text }) => text.clone(),
            _ => one.status(now).as_str().to_owned(),
        };
        if let Some(batch) = &self.batch {
            let created = world.create_invalidation(target, batch.clone(), now)?;
            let kind = if matches!(target, Target::Tenant(_)) {
                "distribution-tenant"
            } else {
                "distribution"
            };
            let location = format!(
                "https://cloudfront.amazonaws.com/2020-05-31/{kind}/{}/invalidation/{}",
                target.id(),
                created.id
            );
            let done = Done::about(&created, &shown(&created));
            return Ok(Done {
                status: 201,
                headers: vec![("location", location)],
                ..done
            });
        }
        if let Some(id) = &self.invalidation {
            let one = world.invalidation(target, id)?;
            return Ok(Done::about(one, &shown(one)));
        }
        let distribution = world.distribution_of(target)?;
        match self.operation {
            Operation::GetDistribution | Operation::GetDistributionConfig => {
                let in_progress = world
                    .invalidations
                    .of(target)
                    .filter(|one| now < one.completes)
                    .count();
                let body = if self.operation == Operation::GetDistribution {
                    config_xml::distribution(distribution, in_progress)
                } else {
                    config_xml::distribution_config(distribution)
                };
                let headers = vec![("etag", "E2QWRUHEXAMPLE".to_owned())];
                Ok(Done {
                    headers,
                    ..Done::ok(body)
                })
            }
            _ => {
                let after = self.marker.as_deref();
                let all = world.invalidations.of(target);
                let rest: Vec<&Invalidation> = match after {
                    Some(marker) => all.skip_while(|one| one.id != marker).skip(1).collect(),
                    None => all.collect(),
                };
                Ok(Done::ok(xml::invalidation_list(
                    &rest, self.page, after, now,
                )))
            }
        }
    }
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

    fn about(one: &Invalidation, status: &str) -> Self {
        Self {
            invalidation: Some(one.id.clone()),
            ..Self::ok(xml::invalidation(one, status))
        }
    }
}

fn paging(uri: &Uri) -> Result<(Option<String>, usize), Refusal> {
    let (mut marker, mut page) = (None, PAGE);
    for pair in uri.query().unwrap_or_default().split('&') {
        match pair.split_once('=') {
            Some(("Marker", value)) => marker = Some(value.to_owned()),
            Some(("MaxItems", value)) => {
                page = value
                    .parse::<usize>()
                    .ok()
                    .filter(|n| *n > 0)
                    .map(|n| n.min(PAGE))
                    .ok_or_else(|| {
                        Refusal::new(
                            400,
                            "InvalidArgument",
                            format!("MaxItems {value:?} is no positive number."),
                        )
                    })?;
            }
            _ => {}
        }
    }
    Ok((marker, page))
}
