//! Whether an XML answer is whole.
//!
//! The SDK's parser accepts an answer that was cut short. Where required parts are missing it puts
//! defaults, and of an error code it may read `Thr`.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextMut;
use aws_smithy_runtime_api::client::orchestrator::OrchestratorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// Makes a client treat an answer whose XML ends too early as one that could not be read, whether it
/// seems to be a success or an error. The client does not ask again; the state machine does.
#[derive(Debug)]
pub struct WholeXml;

impl Intercept for WholeXml {
    fn name(&self) -> &'static str {
        "WholeXml"
    }

    // Later than `read_after_deserialization`: an error that an interceptor raises there on top of
    // one that was read makes the SDK write an ERROR line of its own.
    fn modify_before_attempt_completion(
        &self,
        context: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let cut = context.response().is_some_and(|answer| {
            let body = answer.body().bytes().unwrap_or_default();
            !is_whole(&String::from_utf8_lossy(body))
        });
        if let Some(read) = context.output_or_error_mut()
            && cut
            && read
                .as_ref()
                .err()
                .is_none_or(OrchestratorError::is_operation_error)
        {
            *read = Err(OrchestratorError::response(
                "the answer's XML ends too early".into(),
            ));
        }
        Ok(())
    }
}

/// Whether the last tag closes the first element.
fn is_whole(xml: &str) -> bool {
    let root = xml
        .split('<')
        .find(|tag| tag.starts_with(char::is_alphabetic))
        .and_then(|tag| tag.split([' ', '>', '\n', '/']).next());
    root.is_some_and(|root| xml.trim_end().ends_with(&format!("</{root}>")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = "<?xml version=\"1.0\"?>\n<!-- a --><Invalidation xmlns=\"http://x/\"><Id>I1</Id>\
                          <Status>Completed</Status></Invalidation>\n";

    #[test]
    fn knows_an_answer_that_was_cut_wherever_that_was() {
        assert!(is_whole(ANSWER));
        let end = ANSWER.trim_end().len();
        for length in 0..end {
            assert!(!is_whole(&ANSWER[..length]), "{}", &ANSWER[..length]);
        }
    }

    #[test]
    fn takes_no_other_text_for_an_answer() {
        for other in ["", "null", "<", "<html><body>", "{\"Id\": \"I1\"}"] {
            assert!(!is_whole(other), "{other}");
        }
    }
}
