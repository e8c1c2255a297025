//! A function called directly, as the state machine calls it.

use aws_sdk_lambda::primitives::Blob;
use serde_json::Value;

use crate::Stack;

/// What a function answered.
#[derive(Clone, Debug)]
pub enum Answered {
    /// Its result.
    With(Value),
    /// An error.
    Failed {
        /// Its name.
        error: String,
        /// Its message.
        message: String,
    },
}

impl Answered {
    pub(crate) async fn to(stack: &Stack, function: &str, payload: &Value) -> Self {
        let invoke = stack.lambda.invoke().function_name(function);
        let payload = Blob::new(payload.to_string());
        let answer = invoke
            .payload(payload)
            .send()
            .await
            .expect("Lambda invokes the function");
        let body = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if answer.function_error.is_none() {
            return Self::With(body);
        }
        let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
        Self::Failed {
            error: text("errorType"),
            message: text("errorMessage"),
        }
    }

    /// The result.
    ///
    /// # Panics
    ///
    /// When it is an error.
    #[must_use]
    pub fn result(self) -> Value {
        match self {
            Self::With(result) => result,
            Self::Failed { error, message } => panic!("{error}: {message}"),
        }
    }

    /// The message of an error of this name.
    ///
    /// # Panics
    ///
    /// When it is a result, or another error.
    #[expect(clippy::must_use_candidate, reason = "that it failed so is the point")]
    pub fn failure(self, name: &str) -> String {
        match self {
            Self::Failed { error, message } if error == name => message,
            other => panic!("{name} is expected: {other:?}"),
        }
    }
}
