//! CloudFront's API.

use cloudfront_local::model::{Batch, Refusal, ReplayForm, Target};
use invalidate::cloudfront::{CreateInvalidation, Created, GetDistributionConfig};
use poll::cloudfront::{Found, GetInvalidation};
use warmfront::message::PurgeTarget;
use warmfront::service_fault::{FaultKind, ServiceFault};

use super::{Port, unavailable};
use crate::clock::timestamp;
use crate::history;
use crate::scenario::SCOPE;
use crate::world::DISTRIBUTION;

/// Id of a purge that sabotage keeps from CloudFront.
const SWALLOWED: &str = "ISWALLOWED";

impl CreateInvalidation for Port {
    async fn create_invalidation(
        &self,
        target: &PurgeTarget,
        items: &[String],
        caller_reference: &str,
    ) -> Result<Created, ServiceFault> {
        self.travel().await;
        let world = &self.world;
        if self.sabotage.no_repairs && self.has_purged() {
            return Ok(Created {
                id: SWALLOWED.to_owned(),
                create_time: timestamp(world.now()),
                status: "InProgress".to_owned(),
            });
        }
        let (target, items) = self.asked_for(target, items);
        let created = {
            let now = world.now();
            let run = self.run();
            let mut state = world.state();
            if let Some(refusal) = state.cloudfront.random_trouble() {
                return Err(fault(refusal));
            }
            let batch = Batch {
                caller_reference: caller_reference.to_owned(),
                quantity: items.len(),
                items: items.clone(),
            };
            let created = state
                .cloudfront
                .create_invalidation(&target, batch, now)
                .map_err(fault)?;
            let is_new = !state
                .history
                .created
                .iter()
                .any(|known| known.id == created.id);
            if !is_new && world.scenario.trouble.refuses_repetition {
                return Err(fault(Refusal::reference_used(ReplayForm::InvalidArgument)));
            }
            if is_new {
                state.history.created.push(history::Created {
                    run,
                    id: created.id.clone(),
                    at: created.created,
                    completes: created.completes,
                });
            }
            created
        };
        world.note(&|| format!("invalidation {} of {items:?}", created.id));
        if world.chance(world.scenario.trouble.control_lost) {
            return Err(unavailable("the answer was lost"));
        }
        Ok(Created {
            create_time: timestamp(created.created),
            status: created.status(world.now()).as_str().to_owned(),
            id: created.id,
        })
    }
}

impl GetDistributionConfig for Port {
    async fn cache_tag_header(&self, _distribution: &str) -> Result<Option<String>, ServiceFault> {
        self.travel().await;
        match self.world.state().cloudfront.random_trouble() {
            Some(refusal) => Err(fault(refusal)),
            None => Ok(Some(self.world.scenario.contract.tag_header.clone())),
        }
    }
}

impl GetInvalidation for Port {
    async fn invalidation(&self, target: &PurgeTarget, id: &str) -> Result<Found, ServiceFault> {
        self.travel().await;
        let now = self.world.now();
        if id == SWALLOWED {
            return Ok(Found {
                status: "Completed".to_owned(),
                items: vec![],
            });
        }
        let mut state = self.world.state();
        if let Some(refusal) = state.cloudfront.random_trouble() {
            return Err(fault(refusal));
        }
        let found = state.cloudfront.invalidation(&model_target(target), id);
        found
            .map(|found| Found {
                status: found.status(now).as_str().to_owned(),
                items: found.batch.items.clone(),
            })
            .map_err(fault)
    }
}

impl Port {
    /// What CloudFront is asked to purge: what the function says, unless sabotage widens it.
    fn asked_for(&self, target: &PurgeTarget, items: &[String]) -> (Target, Vec<String>) {
        let target = if self.sabotage.purges_every_distribution_tenant {
            Target::Distribution(DISTRIBUTION.to_owned())
        } else {
            model_target(target)
        };
        if self.sabotage.repairs_purge_nobody && self.has_purged() {
            return (target, vec!["#tenant:nobody".to_owned()]);
        }
        let widened = |item: &String| match item.rsplit_once(':') {
            Some((tenant, SCOPE)) if self.sabotage.purges_every_scope => tenant.to_owned(),
            _ => item.clone(),
        };
        (target, items.iter().map(widened).collect())
    }

    fn has_purged(&self) -> bool {
        let run = self.run();
        self.world
            .state()
            .history
            .created
            .iter()
            .any(|created| created.run == run)
    }
}

fn model_target(target: &PurgeTarget) -> Target {
    match target {
        PurgeTarget::Distribution(id) => Target::Distribution(id.clone()),
        PurgeTarget::DistributionTenant(id) => Target::Tenant(id.as_str().to_owned()),
    }
}

fn fault(refusal: Refusal) -> ServiceFault {
    ServiceFault {
        kind: match refusal.code.as_str() {
            "Throttling" => FaultKind::Throttled,
            _ if refusal.status >= 500 => FaultKind::Unavailable,
            _ => FaultKind::Rejected,
        },
        code: refusal.code,
        message: refusal.message,
        request_id: None,
    }
}
