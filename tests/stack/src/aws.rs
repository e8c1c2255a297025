//! SDK configuration for the local parts: fixed region and account, made-up credentials, an endpoint per part.

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_sfn::config::{Credentials, SharedCredentialsProvider, StalledStreamProtectionConfig};

/// The region of every part. Lambda@Edge needs it, so the pool and the pipeline are there too.
pub const REGION: &str = "us-east-1";

/// The account that LocalStack gives to the access key `test`.
pub const ACCOUNT: &str = "000000000000";

/// Names and values of the variables that point a command line tool at LocalStack.
pub(crate) const CREDENTIALS: [(&str, &str); 4] = [
    ("AWS_ACCESS_KEY_ID", "test"),
    ("AWS_SECRET_ACCESS_KEY", "test"),
    ("AWS_REGION", REGION),
    ("AWS_DEFAULT_REGION", REGION),
];

/// Longer than any function of the pipeline may run: `Invoke` answers when the function does.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(16);

/// A configuration whose every call goes to this endpoint, once.
#[must_use]
pub fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(REGION))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "test",
            "test",
            None,
            None,
            "local-stack",
        )))
        .retry_config(RetryConfig::disabled())
        // On a busy machine the engine stops for seconds in the middle of an answer.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .timeout_config(
            TimeoutConfig::builder()
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        )
        .build()
}
