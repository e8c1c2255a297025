//! The Lambda function *invalidate*.

use invalidate::cloudfront::SdkCloudFront;
use invalidate::config::Config;
use invalidate::handler::Invalidate;
use warmfront::clock::SystemClock;
use warmfront::environment::ProcessEnvironment;
use warmfront::{step, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start(&ProcessEnvironment);
    let invalidate = match Config::from_environment(&ProcessEnvironment) {
        Ok(config) => {
            let cloudfront = SdkCloudFront::new(&step::aws_config().await);
            Ok(Invalidate::new(config, cloudfront, SystemClock))
        }
        Err(error) => Err(error),
    };
    step::serve(invalidate).await
}
