//! The Lambda function *poll*.

use poll::cloudfront::SdkCloudFront;
use poll::config::Config;
use poll::handler::Poll;
use warmfront::clock::SystemClock;
use warmfront::environment::ProcessEnvironment;
use warmfront::{step, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start(&ProcessEnvironment);
    let poll = match Config::from_environment(&ProcessEnvironment) {
        Ok(config) => Ok(Poll {
            config,
            cloudfront: SdkCloudFront::new(&step::aws_config().await),
            clock: SystemClock,
        }),
        Err(error) => Err(error),
    };
    step::serve(poll).await
}
