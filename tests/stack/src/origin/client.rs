//! The origin's control from Rust.

use std::time::Duration;

use super::{Delay, OriginRequest, OriginRule, OriginRuleState, control::Tenant};
use crate::{control::Control, error::StackError};

/// Steers and reads a running origin.
#[derive(Clone, Debug)]
pub struct OriginControl {
    control: Control,
}

impl OriginControl {
    /// The control of the origin at this endpoint.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        Self {
            control: Control::at("the origin", endpoint),
        }
    }

    /// Changes a tenant's data: from now on answers carry this version.
    pub async fn set_version(
        &self,
        tenant: &str,
        version: impl ToString,
    ) -> Result<(), StackError> {
        let data = Tenant {
            version: version.to_string(),
        };
        self.control.put(&format!("/tenants/{tenant}"), &data).await
    }

    /// How long aggregation takes for everyone.
    pub async fn set_delay(&self, delay: Duration) -> Result<(), StackError> {
        self.delay(None, None, delay).await
    }

    /// How long aggregation takes for one tenant.
    pub async fn set_tenant_delay(&self, tenant: &str, delay: Duration) -> Result<(), StackError> {
        self.delay(Some(tenant), None, delay).await
    }

    /// How long aggregation takes for one path of one tenant.
    pub async fn set_path_delay(
        &self,
        tenant: &str,
        path: &str,
        delay: Duration,
    ) -> Result<(), StackError> {
        self.delay(Some(tenant), Some(path), delay).await
    }

    /// Adds a rule and names it.
    pub async fn script(&self, rule: &OriginRule) -> Result<u64, StackError> {
        self.control.script(rule).await
    }

    /// The rule with its counts.
    pub async fn rule(&self, id: u64) -> Result<OriginRuleState, StackError> {
        self.control.rule(id).await
    }

    /// Removes a rule.
    pub async fn unscript(&self, id: u64) -> Result<(), StackError> {
        self.control.unscript(id).await
    }

    /// Every request for this tenant's reports, in order. Versions are asked for with the probe, which is not counted.
    pub async fn requests(&self, tenant: &str) -> Result<Vec<OriginRequest>, StackError> {
        self.control
            .get(&format!("/requests?tenant={tenant}"))
            .await
    }

    async fn delay(
        &self,
        tenant: Option<&str>,
        path: Option<&str>,
        delay: Duration,
    ) -> Result<(), StackError> {
        let delay = Delay {
            tenant: tenant.map(str::to_owned),
            path: path.map(str::to_owned),
            milliseconds: u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
        };
        self.control.put("/delays", &delay).await
    }
}
