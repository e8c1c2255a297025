//! One purge: what to purge, under which reference, and what the answer means.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use warmfront::contract::TENANT_PLACEHOLDER;
use warmfront::message::{InvalidateRequest, Invalidation, InvalidationStatus, PurgeTarget};
use warmfront::service_fault::ServiceFault;
use warmfront::step::{Step, log_invalidation};

use crate::caller_reference::caller_reference;
use crate::cloudfront::{CreateInvalidation, Created, GetDistributionConfig};
use crate::config::Config;
use crate::error::{InvalidateError, is_reused_reference};

/// How much earlier than the step an invalidation of this step may seem to be created: two AWS
/// services' clocks, and creation times that may be cut to whole seconds.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2);

/// The step *invalidate*.
pub struct Invalidate<C> {
    /// Its settings.
    pub config: Config,
    /// CloudFront's control plane.
    pub cloudfront: C,
}

impl<C: CreateInvalidation + GetDistributionConfig> Step for Invalidate<C> {
    type Request = InvalidateRequest;
    type Response = Invalidation;
    type Error = InvalidateError;

    async fn handle(
        &self,
        request: InvalidateRequest,
        _deadline: Instant,
    ) -> Result<Invalidation, InvalidateError> {
        let target = self.target(&request)?;
        let items = self.items(&request)?;
        // A repair purge follows within minutes on the same distribution.
        if request.ordinal == 1 {
            self.check_tag_header().await?;
        }
        let created = self.create(&request, &target, &items).await?;
        log_invalidation(&created.id);
        if created.create_time + CLOCK_TOLERANCE < request.entered_at {
            return Err(InvalidateError::Replayed {
                id: created.id,
                create_time: created.create_time,
                entered_at: request.entered_at,
            });
        }
        tracing::info!(
            items = items.join(" "),
            ordinal = request.ordinal,
            status = created.status,
            "invalidation created"
        );
        Ok(Invalidation {
            id: created.id,
            target,
            items,
            ordinal: request.ordinal,
            redrive_count: request.execution.redrive_count,
            create_time: created.create_time,
            // Whatever CloudFront says of a new invalidation: being done is for *poll* to see.
            status: InvalidationStatus::InProgress,
            seconds: 0,
            timed_out: false,
            settled: false,
        })
    }
}

impl<C: CreateInvalidation + GetDistributionConfig> Invalidate<C> {
    fn target(&self, request: &InvalidateRequest) -> Result<PurgeTarget, InvalidateError> {
        match &request.distribution_tenant {
            None => Ok(PurgeTarget::Distribution(
                self.config.distribution_id.clone(),
            )),
            Some(id) => {
                let well_formed = id.strip_prefix("dt_").is_some_and(|rest| {
                    !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
                });
                if well_formed {
                    Ok(PurgeTarget::DistributionTenant(id.clone()))
                } else {
                    Err(InvalidateError::MalformedDistributionTenant(id.clone()))
                }
            }
        }
    }

    /// The tag, and the paths that cover objects cached before tagging; sorted and without
    /// repetitions, since the caller reference stands for exactly this list.
    fn items(&self, request: &InvalidateRequest) -> Result<Vec<String>, InvalidateError> {
        let contract = &self.config.contract;
        let scope = request.scope.as_deref();
        if let Some(scope) = scope
            && !contract.scopes.contains_key(scope)
        {
            let known: Vec<&str> = contract.scopes.keys().map(String::as_str).collect();
            return Err(InvalidateError::UnknownScope {
                scope: scope.to_owned(),
                known: known.join(", "),
            });
        }
        let tag = contract.tag(&request.tenant, scope).invalidation_item();
        let paths = contract
            .migration_paths
            .iter()
            .filter(|path| scope.is_none_or(|scope| contract.in_scope(scope, path)))
            .map(|path| path.replace(TENANT_PLACEHOLDER, request.tenant.as_str()));
        let items: BTreeSet<String> = std::iter::once(tag).chain(paths).collect();
        Ok(items.into_iter().collect())
    }

    async fn check_tag_header(&self) -> Result<(), InvalidateError> {
        let distribution = &self.config.distribution_id;
        let expected = &self.config.contract.tag_header;
        let found = self
            .cloudfront
            .cache_tag_header(distribution)
            .await
            .map_err(|source| InvalidateError::ReadDistribution {
                distribution: distribution.clone(),
                source,
            })?;
        match found {
            Some(found) if found.eq_ignore_ascii_case(expected) => Ok(()),
            Some(found) => Err(InvalidateError::OtherTagHeader {
                distribution: distribution.clone(),
                found,
                expected: expected.clone(),
            }),
            None => Err(InvalidateError::TagsIgnored {
                distribution: distribution.clone(),
                expected: expected.clone(),
            }),
        }
    }

    async fn create(
        &self,
        request: &InvalidateRequest,
        target: &PurgeTarget,
        items: &[String],
    ) -> Result<Created, InvalidateError> {
        match self.create_once(request, target, items, 0).await {
            // An earlier try of this step was accepted and its answer lost, and this CloudFront
            // refuses the repetition instead of answering with it. Without its id there is nothing
            // to wait for, so the purge is asked for once more under a second reference.
            Err(fault) if is_reused_reference(&fault) => {
                tracing::warn!("caller reference is used up, trying a second one");
                self.create_once(request, target, items, 1).await
            }
            answer => answer,
        }
        .map_err(|source| InvalidateError::Create {
            target: target.clone(),
            items: items.join(" "),
            source,
        })
    }

    async fn create_once(
        &self,
        request: &InvalidateRequest,
        target: &PurgeTarget,
        items: &[String],
        take: u32,
    ) -> Result<Created, ServiceFault> {
        let reference = caller_reference(&request.execution, request.ordinal, target, items, take);
        self.cloudfront
            .create_invalidation(target, items, &reference)
            .await
    }
}
