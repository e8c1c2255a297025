//! The HTTP client of the launcher: no redirects, no proxy, a bound on every answer.

use std::time::Duration;

/// A control port answers at once; a readiness probe must not hold up the next one.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A client for the parts of the stack.
pub(crate) fn client() -> reqwest::Client {
    within(ANSWER_WITHIN)
}

/// A client that waits longer: for slow reports, or for whatever it forwards.
pub(crate) fn within(timeout: Duration) -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(timeout)
        .build()
        .expect("the TLS roots are built in")
}
