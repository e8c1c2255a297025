//! The CloudFront call of *poll*: one trait for its IAM action, and the SDK behind it.

use std::future::Future;

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::Builder;
use aws_sdk_cloudfront::config::retry::RetryConfig;
use warmfront::message::PurgeTarget;
use warmfront::service_fault::ServiceFault;
use warmfront::whole_xml::WholeXml;

/// `cloudfront:GetInvalidation`, on a distribution or on a distribution tenant.
pub trait GetInvalidation: Send + Sync + 'static {
    /// What CloudFront says of the invalidation.
    fn invalidation(
        &self,
        target: &PurgeTarget,
        id: &str,
    ) -> impl Future<Output = Result<Found, ServiceFault>> + Send;
}

/// What CloudFront says of an invalidation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its status, as text: CloudFront's model has no closed list.
    pub status: String,
    /// The tags (`#…`) and paths in it.
    pub items: Vec<String>,
}

/// The CloudFront of an AWS account.
#[derive(Clone, Debug)]
pub struct SdkCloudFront(Client);

impl SdkCloudFront {
    /// Uses the region, credentials and endpoints of `config`, but not its retries: the account's
    /// rate of control plane calls is low, and repeating is the state machine's.
    #[must_use]
    pub fn new(config: &warmfront::step::SdkConfig) -> Self {
        let config = Builder::from(config)
            .retry_config(RetryConfig::disabled())
            .interceptor(WholeXml);
        Self(Client::from_conf(config.build()))
    }
}

impl GetInvalidation for SdkCloudFront {
    async fn invalidation(&self, target: &PurgeTarget, id: &str) -> Result<Found, ServiceFault> {
        let invalidation = match target {
            PurgeTarget::Distribution(distribution) => {
                self.0
                    .get_invalidation()
                    .distribution_id(distribution)
                    .id(id)
                    .send()
                    .await
                    .map_err(|error| ServiceFault::of(&error))?
                    .invalidation
            }
            PurgeTarget::DistributionTenant(tenant) => {
                self.0
                    .get_invalidation_for_distribution_tenant()
                    .distribution_tenant_id(tenant.as_str())
                    .id(id)
                    .send()
                    .await
                    .map_err(|error| ServiceFault::of(&error))?
                    .invalidation
            }
        };
        let found = invalidation.ok_or_else(ServiceFault::incomplete)?;
        let paths = found.invalidation_batch.and_then(|batch| batch.paths);
        Ok(Found {
            status: found.status,
            items: paths.and_then(|paths| paths.items).unwrap_or_default(),
        })
    }
}
