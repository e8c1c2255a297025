//! What happens to a request at the stand-in for the edge location.

use std::time::Duration;

/// What happens to one request.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The cache or the origin answers.
    Serve,
    /// This answer, at once.
    Answer(u16, Vec<(&'static str, String)>, &'static str),
    /// No answer, ever.
    Hang,
    /// The answer breaks off.
    Break,
    /// The connection is lost.
    Lose,
    /// The origin answers, after this time.
    Slow(Duration),
}

pub(crate) fn status(status: u16) -> Act {
    Act::Answer(
        status,
        vec![("x-cache", "Error from cloudfront".into())],
        "",
    )
}

pub(crate) fn with(status: u16, headers: &[(&'static str, &str)]) -> Act {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Act::Answer(status, headers.collect(), r#"{"organization":"acme"}"#)
}
