//! A purge by hand, as people make it who have nothing that fills the cache again.

use std::time::{Duration, Instant};

use aws_sdk_cloudfront::{
    Client,
    types::{InvalidationBatch, Paths},
};

use crate::{aws, error::StackError, stack::Stack};

const LOOK_EVERY: Duration = Duration::from_millis(250);
/// CloudFront's own slowest purges take less.
const DONE_WITHIN: Duration = Duration::from_mins(2);

impl Stack {
    /// Purges everything of a tenant, and returns when CloudFront says that it is done.
    pub async fn purge(&self, tenant: &str) -> Result<(), StackError> {
        let what = format!("purge {tenant}");
        let client = Client::new(&aws::config(&self.state.endpoints.cloudfront));
        let tag = format!("#{}", self.state.contract.tag(tenant));
        let paths = Paths::builder().quantity(1).items(tag).build();
        let batch = InvalidationBatch::builder()
            .paths(paths.map_err(StackError::aws(what.clone()))?)
            .caller_reference(format!("by-hand-{}", jiff::Timestamp::now()))
            .build()
            .map_err(StackError::aws(what.clone()))?;
        let distribution = &self.state.distribution_id;
        let create = client.create_invalidation().distribution_id(distribution);
        let created = create.invalidation_batch(batch).send().await;
        let created = created.map_err(StackError::aws(what.clone()))?;
        let id = created.invalidation.map(|made| made.id);
        let id = id.ok_or_else(|| StackError::unusable(&what, "the answer has no id"))?;
        let deadline = Instant::now() + DONE_WITHIN;
        loop {
            let get = client.get_invalidation().distribution_id(distribution);
            let got = get.id(&id).send().await;
            let got = got.map_err(StackError::aws(what.clone()))?;
            if got
                .invalidation
                .is_some_and(|made| made.status == "Completed")
            {
                return Ok(());
            }
            if Instant::now() > deadline {
                let reason = format!("{id} is not done after {} s", DONE_WITHIN.as_secs());
                return Err(StackError::unusable(what, reason));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}
