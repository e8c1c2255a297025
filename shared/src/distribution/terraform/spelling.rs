//! What Terraform says of a resource, in CloudFormation's spelling.

use serde_json::{Map, Value, json};

use crate::distribution::fields::{field, flag, items, texts};

/// `snake_case` names as CloudFormation spells them.
fn spelled(name: &str) -> String {
    let words = name.split('_').map(|word| match word {
        "ttl" => "TTL".to_owned(),
        "arn" => "ARN".to_owned(),
        word => {
            let mut letters = word.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase());
            first.into_iter().collect::<String>() + letters.as_str()
        }
    });
    words.collect()
}

/// Single blocks, which Terraform shows as lists of one.
fn block<'v>(values: &'v Value, name: &str) -> &'v Value {
    match field(values, name) {
        Value::Array(list) => list.first().unwrap_or(&Value::Null),
        other => other,
    }
}

/// The fields of a block under CloudFormation's names, inner blocks left out.
fn plain(values: &Value) -> Map<String, Value> {
    let fields = values.as_object().into_iter().flatten();
    fields
        .filter(|(_, value)| !value.is_null() && **value != json!("") && **value != json!([]))
        .map(|(name, value)| (spelled(name), value.clone()))
        .collect()
}

pub(super) fn distribution(values: &Value) -> Value {
    let behaviors = items(field(values, "ordered_cache_behavior")).map(behavior);
    let origins = items(field(values, "origin")).map(origin);
    let groups = items(field(values, "origin_group")).map(|group| {
        json!({
            "Id": field(group, "origin_id"),
            "FailoverCriteria": {"StatusCodes": {"Items": field(block(group, "failover_criteria"), "status_codes")}},
            "Members": {"Items": items(field(group, "member")).map(plain).collect::<Vec<_>>()},
        })
    });
    let errors = items(field(values, "custom_error_response")).map(|each| {
        let status = field(each, "response_code")
            .as_u64()
            .filter(|&code| code > 0);
        json!({
            "ErrorCode": field(each, "error_code"),
            "ResponseCode": status,
            "ErrorCachingMinTTL": field(each, "error_caching_min_ttl"),
        })
    });
    json!({
        "Enabled": flag(field(values, "enabled")),
        "Staging": flag(field(values, "staging")),
        "CacheTagConfig": {"HeaderName": field(block(values, "cache_tag_config"), "header_name")},
        "CacheBehaviors": behaviors.collect::<Vec<_>>(),
        "DefaultCacheBehavior": behavior(block(values, "default_cache_behavior")),
        "Origins": origins.collect::<Vec<_>>(),
        "OriginGroups": {"Items": groups.collect::<Vec<_>>()},
        "CustomErrorResponses": errors.collect::<Vec<_>>(),
    })
}

fn behavior(values: &Value) -> Value {
    let mut behavior = plain(values);
    let functions = items(field(values, "lambda_function_association"))
        .map(|each| json!({"EventType": field(each, "event_type"), "LambdaFunctionARN": field(each, "lambda_arn")}));
    behavior.insert("LambdaFunctionAssociations".into(), functions.collect());
    let functions = items(field(values, "function_association"))
        .map(plain)
        .map(Value::Object);
    behavior.insert("FunctionAssociations".into(), functions.collect());
    let forwarded = block(values, "forwarded_values");
    let mut legacy = plain(forwarded);
    let cookies = Value::Object(plain(block(forwarded, "cookies")));
    legacy.insert("Cookies".into(), cookies);
    behavior.insert("ForwardedValues".into(), Value::Object(legacy));
    for (terraform, name) in [
        ("min_ttl", "MinTTL"),
        ("default_ttl", "DefaultTTL"),
        ("max_ttl", "MaxTTL"),
    ] {
        behavior.insert(name.into(), field(values, terraform).clone());
    }
    Value::Object(behavior)
}

fn origin(values: &Value) -> Value {
    let custom = block(values, "custom_origin_config");
    let headers = items(field(values, "custom_header"))
        .map(|each| json!({"HeaderName": field(each, "name")}));
    json!({
        "Id": field(values, "origin_id"),
        "DomainName": field(values, "domain_name"),
        "ResponseCompletionTimeout": field(values, "response_completion_timeout"),
        "OriginCustomHeaders": headers.collect::<Vec<_>>(),
        "CustomOriginConfig": custom.is_object().then(|| json!({
            "OriginReadTimeout": field(custom, "origin_read_timeout"),
            "OriginProtocolPolicy": field(custom, "origin_protocol_policy"),
        })),
    })
}

pub(super) fn policy(kind: &str, values: &Value) -> Value {
    let parts = match kind {
        "aws_cloudfront_cache_policy" => {
            block(values, "parameters_in_cache_key_and_forwarded_to_origin")
        }
        _ => values,
    };
    let listed = |section: &str, list: &str| {
        let config = block(parts, section);
        let mut names = texts(field(block(config, list), "items"));
        names.sort();
        (
            field(
                config,
                &section
                    .replace("_config", "_behavior")
                    .replace("headers_b", "header_b")
                    .replace("cookies_b", "cookie_b")
                    .replace("query_strings_b", "query_string_b"),
            )
            .clone(),
            names,
        )
    };
    let (header, headers) = listed("headers_config", "headers");
    let (cookie, cookies) = listed("cookies_config", "cookies");
    let (query, queries) = listed("query_strings_config", "query_strings");
    let parts_spelled = json!({
        "EnableAcceptEncodingBrotli": field(parts, "enable_accept_encoding_brotli"),
        "EnableAcceptEncodingGzip": field(parts, "enable_accept_encoding_gzip"),
        "HeadersConfig": {"HeaderBehavior": header, "Headers": headers},
        "CookiesConfig": {"CookieBehavior": cookie, "Cookies": cookies},
        "QueryStringsConfig": {"QueryStringBehavior": query, "QueryStrings": queries},
    });
    let headers_of = |section: &str| {
        let section = block(values, section);
        items(field(section, "items"))
            .map(|each| json!({"Header": field(each, "header")}))
            .collect::<Vec<_>>()
    };
    json!({
        "CachePolicyConfig": {
            "MinTTL": field(values, "min_ttl"),
            "DefaultTTL": field(values, "default_ttl"),
            "MaxTTL": field(values, "max_ttl"),
            "ParametersInCacheKeyAndForwardedToOrigin": parts_spelled,
        },
        "OriginRequestPolicyConfig": parts_spelled,
        "ResponseHeadersPolicyConfig": {
            "RemoveHeadersConfig": {"Items": headers_of("remove_headers_config")},
            "CustomHeadersConfig": {"Items": headers_of("custom_headers_config")},
        },
    })
}

pub(super) fn function(values: &Value) -> Value {
    let tags = match field(values, "tags_all") {
        Value::Null => field(values, "tags"),
        all => all,
    };
    json!({
        "FunctionName": field(values, "function_name"),
        "MemorySize": field(values, "memory_size"),
        "Timeout": field(values, "timeout"),
        "Architectures": field(values, "architectures"),
        "Layers": field(values, "layers"),
        "Runtime": field(values, "runtime"),
        "TracingConfig": {"Mode": field(block(values, "tracing_config"), "mode")},
        "Environment": {"Variables": field(block(values, "environment"), "variables")},
        "ReservedConcurrentExecutions": field(values, "reserved_concurrent_executions")
            .as_u64(),
        "SnapStart": {"ApplyOn": field(block(values, "snap_start"), "apply_on")},
        "EphemeralStorage": {"Size": field(block(values, "ephemeral_storage"), "size")},
        "VpcConfig": block(values, "vpc_config"),
        "DeadLetterConfig": block(values, "dead_letter_config"),
        "Tags": tags,
    })
}

#[cfg(test)]
mod tests {
    use super::spelled;

    #[test]
    fn names_are_spelled_whatever_their_letters() {
        for (name, expected) in [
            ("cache_policy_id", "CachePolicyId"),
            ("min_ttl", "MinTTL"),
            ("a__b_", "AB"),
            ("\u{e9}t\u{e9}_x", "\u{e9}t\u{e9}X"),
        ] {
            assert_eq!(spelled(name), expected);
        }
    }
}
