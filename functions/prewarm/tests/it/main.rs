//! The step *prewarm*, driven as the state machine drives it, in virtual time; and its HTTP client
//! against a server on the loopback interface.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod act;
mod cognito;
mod deadline;
mod edge;
mod examples;
mod freshness;
mod http;
mod log;
mod login;
mod modes;
mod passwords;
mod preflight;
mod protocol;
mod secrecy;
mod signing;
mod throttling;
mod verdicts;
mod world;
