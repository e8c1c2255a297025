//! The Lambda function *prewarm*.

use prewarm::config::Config;
use prewarm::fetch::HttpFetch;
use prewarm::handler::Prewarm;
use prewarm::identity::{SdkLogin, SdkSecret};
use prewarm::ports::Adapters;
use warmfront::clock::SystemClock;
use warmfront::environment::ProcessEnvironment;
use warmfront::{step, telemetry};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    telemetry::start(&ProcessEnvironment);
    let prewarm = match Config::from_environment(&ProcessEnvironment) {
        Ok(config) => {
            // Beside the AWS clients, which read root certificates too. All of it before the first
            // invocation: Lambda gives the start a whole CPU, and an invocation its memory's share.
            let fetch = {
                let base = config.base_url.clone();
                std::thread::spawn(move || HttpFetch::ready_for(&base))
            };
            let aws = step::aws_config().await;
            let ports = Adapters {
                fetch: fetch.join().expect("building a client does not panic"),
                secrets: SdkSecret::new(&aws, config.secret_id.clone()),
                login: SdkLogin::new(&aws, config.user_pool_id.clone(), config.client_id.clone()),
                clock: SystemClock,
            };
            Ok(Prewarm::new(config, ports))
        }
        Err(error) => Err(error),
    };
    step::serve(prewarm).await
}
