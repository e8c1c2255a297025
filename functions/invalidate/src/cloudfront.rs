//! The CloudFront calls of *invalidate*: one trait per IAM action, and the SDK behind them.

use std::future::Future;

use aws_sdk_cloudfront::Client;
use aws_sdk_cloudfront::config::Builder;
use aws_sdk_cloudfront::config::retry::RetryConfig;
use aws_sdk_cloudfront::types::{Invalidation, InvalidationBatch, Paths};
use jiff::Timestamp;
use warmfront::message::PurgeTarget;
use warmfront::service_fault::ServiceFault;
use warmfront::whole_xml::WholeXml;

/// `cloudfront:CreateInvalidation`, on a distribution or on a distribution tenant.
pub trait CreateInvalidation: Send + Sync + 'static {
    /// Asks for one invalidation of all `items`.
    fn create_invalidation(
        &self,
        target: &PurgeTarget,
        items: &[String],
        caller_reference: &str,
    ) -> impl Future<Output = Result<Created, ServiceFault>> + Send;
}

/// `cloudfront:GetDistributionConfig`.
pub trait GetDistributionConfig: Send + Sync + 'static {
    /// The response header from which the distribution reads cache tags, if it does.
    fn cache_tag_header(
        &self,
        distribution_id: &str,
    ) -> impl Future<Output = Result<Option<String>, ServiceFault>> + Send;
}

/// What CloudFront answers to an accepted invalidation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its id.
    pub id: String,
    /// When it was created; older than the call if the caller reference was known.
    pub create_time: Timestamp,
    /// Its status, as text: CloudFront's model has no closed list.
    pub status: String,
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

impl CreateInvalidation for SdkCloudFront {
    async fn create_invalidation(
        &self,
        target: &PurgeTarget,
        items: &[String],
        caller_reference: &str,
    ) -> Result<Created, ServiceFault> {
        let quantity = i32::try_from(items.len()).expect("a purge has few items");
        let paths = Paths::builder()
            .quantity(quantity)
            .set_items(Some(items.to_vec()))
            .build()
            .expect("the quantity is set");
        let batch = InvalidationBatch::builder()
            .paths(paths)
            .caller_reference(caller_reference)
            .build()
            .expect("paths and caller reference are set");
        let invalidation = match target {
            PurgeTarget::Distribution(id) => {
                self.0
                    .create_invalidation()
                    .distribution_id(id)
                    .invalidation_batch(batch)
                    .send()
                    .await
                    .map_err(|error| ServiceFault::of(&error))?
                    .invalidation
            }
            PurgeTarget::DistributionTenant(id) => {
                self.0
                    .create_invalidation_for_distribution_tenant()
                    .id(id.as_str())
                    .invalidation_batch(batch)
                    .send()
                    .await
                    .map_err(|error| ServiceFault::of(&error))?
                    .invalidation
            }
        };
        invalidation.map_or_else(|| Err(ServiceFault::incomplete()), created)
    }
}

impl GetDistributionConfig for SdkCloudFront {
    async fn cache_tag_header(
        &self,
        distribution_id: &str,
    ) -> Result<Option<String>, ServiceFault> {
        let answer = self
            .0
            .get_distribution_config()
            .id(distribution_id)
            .send()
            .await
            .map_err(|error| ServiceFault::of(&error))?;
        let config = answer
            .distribution_config
            .ok_or_else(ServiceFault::incomplete)?;
        Ok(config
            .cache_tag_config
            .map(|tags| tags.header_name)
            .filter(|header| !header.is_empty()))
    }
}

fn created(invalidation: Invalidation) -> Result<Created, ServiceFault> {
    let time = invalidation.create_time;
    let nanoseconds = i32::try_from(time.subsec_nanos()).expect("less than a second");
    Ok(Created {
        create_time: Timestamp::new(time.secs(), nanoseconds)
            .map_err(|_| ServiceFault::incomplete())?,
        id: invalidation.id,
        status: invalidation.status,
    })
}
