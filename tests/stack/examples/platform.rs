//! Starts LocalStack and Cognito and waits to be killed: the tests look at what is left then.
//!
//! Prints LocalStack's endpoint, Cognito's endpoint and the folder of the functions' logs, a line each.

use stack::{Options, Platform, StackError};

#[tokio::main]
async fn main() -> Result<(), StackError> {
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "example".to_owned());
    let platform = Platform::start(&Options::named(&name), &|what| eprintln!("{what}")).await?;
    println!(
        "{}\n{}\n{}",
        platform.localstack,
        platform.cognito,
        platform.function_logs().display()
    );
    std::future::pending().await
}
