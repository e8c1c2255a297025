//! The CloudFront call of *poll*: one trait for its IAM action, and the SDK behind it.

use std::future::Future;

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::Builder;
use warmfront::message::PurgeTarget;
use warmfront::service_fault::ServiceFault;
use warmfront::whole_xml::WholeXml;

/// `cloudfront:GetInvalidation`, on a distribution or on a distribution tenant.
pub trait GetInvalidation: Send + Sync + 'static {
    /// The invalidation's status, as text: CloudFront's model has no closed list.
    fn invalidation_status(
        &self,
        target: &PurgeTarget,
        id: &str,
    ) -> impl Future<Output = Result<String, ServiceFault>> + Send;
}

/// The CloudFront of an AWS account.
#[derive(Clone, Debug)]
pub struct SdkCloudFront(Client);

impl SdkCloudFront {
    /// Uses the region, credentials and endpoints of `config`.
    #[must_use]
    pub fn new(config: &warmfront::step::SdkConfig) -> Self {
        let config = Builder::from(config).interceptor(WholeXml);
        Self(Client::from_conf(config.build()))
    }
}

impl GetInvalidation for SdkCloudFront {
    async fn invalidation_status(
        &self,
        target: &PurgeTarget,
        id: &str,
    ) -> Result<String, ServiceFault> {
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
                    .distribution_tenant_id(tenant)
                    .id(id)
                    .send()
                    .await
                    .map_err(|error| ServiceFault::of(&error))?
                    .invalidation
            }
        };
        invalidation
            .map(|found| found.status)
            .ok_or_else(ServiceFault::incomplete)
    }
}
