//! What Lambda@Edge does not take: the real one refuses the association, so the start is refused here.
//!
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-functions-restrictions.html>

use serde_json::Value;

use super::TemplateError;
use super::resolve::plain_text;
use crate::model::EdgeEvent;

/// Properties that a function at the edge must not have.
const REFUSED: [(&str, &str); 5] = [
    ("Layers", "layers"),
    ("VpcConfig", "a VPC"),
    ("DeadLetterConfig", "a dead-letter queue"),
    ("FileSystemConfigs", "file systems"),
    ("ReservedConcurrentExecutions", "reserved concurrency"),
];

/// Refuses what CloudFront would refuse to associate with this event. Of the two editions of the limits the older,
/// smaller one counts: what fits it fits the newer one.
pub(super) fn check(
    logical_id: &str,
    properties: &Value,
    event: EdgeEvent,
) -> Result<(), TemplateError> {
    let refuse = |what: String| {
        Err(TemplateError::invalid(
            logical_id,
            format!("a Lambda@Edge function cannot have {what}"),
        ))
    };
    let variables = properties["Environment"]["Variables"].as_object();
    if let Some(name) = variables.and_then(|all| all.keys().next()) {
        return refuse(format!(
            "environment variables, and it has {name:?}: bundle the value"
        ));
    }
    if let Some((_, what)) = REFUSED
        .iter()
        .find(|(member, _)| properties.get(member).is_some())
    {
        return refuse((*what).to_owned());
    }
    let architectures = properties["Architectures"].as_array();
    if architectures.is_some_and(|all| all.iter().any(|one| one != "x86_64")) {
        return refuse("another architecture than x86_64".to_owned());
    }
    let number = |member: &str| plain_text(&properties[member]).parse::<u64>().unwrap_or(0);
    let (seconds, memory) = match event {
        EdgeEvent::ViewerRequest | EdgeEvent::ViewerResponse => (5, 128),
        EdgeEvent::OriginRequest | EdgeEvent::OriginResponse => (30, 10_240),
    };
    if number("Timeout") > seconds {
        return refuse(format!(
            "more than {seconds} s at {}, and it has {}",
            event.name(),
            number("Timeout")
        ));
    }
    if number("MemorySize") > memory {
        return refuse(format!(
            "more than {memory} MB at {}, and it has {}",
            event.name(),
            number("MemorySize")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn refuses_what_cloudfront_would_not_associate() {
        let viewer = EdgeEvent::ViewerRequest;
        let cases = [
            (
                json!({"Environment": {"Variables": {"A": "1"}}}),
                viewer,
                "\"A\": bundle the value",
            ),
            (json!({"Layers": ["x"]}), viewer, "layers"),
            (
                json!({"Architectures": ["arm64"]}),
                viewer,
                "another architecture than x86_64",
            ),
            (
                json!({"Timeout": 6}),
                viewer,
                "more than 5 s at viewer-request, and it has 6",
            ),
            (json!({"MemorySize": 256}), viewer, "more than 128 MB"),
            (
                json!({"Timeout": 31}),
                EdgeEvent::OriginResponse,
                "more than 30 s at origin-response",
            ),
        ];
        for (properties, event, reason) in cases {
            let told = check("F", &properties, event).unwrap_err().to_string();
            assert!(told.contains(reason), "{told}");
        }
        let fits = json!({"Architectures": ["x86_64"], "Timeout": 5, "MemorySize": 128, "Environment": {"Variables": {}}});
        assert!(check("F", &fits, viewer).is_ok());
    }
}
