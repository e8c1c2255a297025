use std::collections::BTreeMap;
use std::path::Path;

use serde_json::json;

use super::*;

fn stack(name: &str, body: Value) -> Stack {
    let given = [("Given", "given"), ("resolve:ssm:/given", "by hand")];
    let parameters = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let parameters = BTreeMap::from(parameters);
    Stack::new(
        Path::new(&format!("out/{name}.template.json")),
        body,
        parameters,
    )
}

fn resolve(body: Value, value: &Value) -> Value {
    let app = App::new(vec![stack("Main", body)]);
    app.stacks[0].resolve(&app, value)
}

fn template() -> Value {
    json!({
        "Parameters": {"WithDefault": {"Type": "String", "Default": "d"}, "Given": {"Type": "String"},
            "List": {"Type": "CommaDelimitedList", "Default": "a, b"}},
        "Resources": {
            "Url": {"Type": "AWS::Lambda::Url"}, "Api": {"Type": "AWS::ApiGatewayV2::Api"},
            "Files": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "files"}}},
        "Mappings": {"Map": {"a": {"b": "mapped"}}},
        "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Given"}, "given"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
    })
}

#[test]
fn intrinsics_are_replaced() {
    let body = template();
    let cases = [
        (json!({"Ref": "WithDefault"}), json!("d")),
        (json!({"Ref": "Given"}), json!("given")),
        (
            json!({"Fn::Join": ["-", ["a", {"Ref": "Given"}, 1]]}),
            json!("a-given-1"),
        ),
        (
            json!({"Fn::Select": [2, {"Fn::Split": ["/", "https://host/x"]}]}),
            json!("host"),
        ),
        (json!({"Fn::Select": ["1", ["a", "b"]]}), json!("b")),
        (
            json!({"Fn::Sub": "cdk-${AWS::AccountId}-${!Literal}"}),
            json!("cdk-000000000000-${Literal}"),
        ),
        (
            json!({"Fn::Sub": ["${x}!", {"x": {"Ref": "Given"}}]}),
            json!("given!"),
        ),
        (json!({"Fn::FindInMap": ["Map", "a", "b"]}), json!("mapped")),
        (
            json!({"Fn::FindInMap": ["Map", "a", "c", {"DefaultValue": "else"}]}),
            json!("else"),
        ),
        (json!({"Ref": "List"}), json!(["a", "b"])),
        (json!({"Fn::Base64": "x"}), json!("eA==")),
        (
            json!({"Fn::Sub": "{{resolve:ssm:/given}}"}),
            json!("by hand"),
        ),
        (
            json!({"Fn::Select": [1, {"Fn::Split": [".", {"Fn::GetAtt": ["Url", "FunctionUrl"]}]}]}),
            json!("lambda-url"),
        ),
        (
            json!({"Fn::GetAtt": "Files.RegionalDomainName"}),
            json!("files.s3.us-east-1.amazonaws.com"),
        ),
        (
            json!({"Fn::Select": [1, {"Fn::Split": [".", {"Fn::GetAtt": ["Api", "ApiEndpoint"]}]}]}),
            json!("execute-api"),
        ),
        (json!({"Fn::If": ["Yes", 1, 2]}), json!(1)),
        (json!({"Fn::If": ["No", 1, 2]}), json!(2)),
        (
            json!({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}),
            json!({"b": [1]}),
        ),
    ];
    for (value, expected) in cases {
        assert_eq!(resolve(body.clone(), &value), expected, "{value}");
    }
}

#[test]
fn what_only_aws_knows_has_a_reason_and_no_text() {
    let body = json!({
        "Parameters": {
            "Missing": {"Type": "String"},
            "Ssm": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"}},
        "Resources": {"Own": {"Type": "Custom::Thing"}},
        "Conditions": {"Unclear": {"Fn::Equals": [{"Ref": "Missing"}, "x"]}},
    });
    let app = App::new(vec![stack("Main", body)]);
    let cases = [
        (json!({"Ref": "Missing"}), "give --parameter Missing=VALUE"),
        (json!({"Ref": "Ssm"}), "the SSM parameter \"/a\""),
        (
            json!({"Ref": "Nowhere"}),
            "no parameter or resource Nowhere",
        ),
        (
            json!({"Fn::GetAtt": ["Own", "Host"]}),
            "--parameter Own.Host=VALUE",
        ),
        (
            json!({"Fn::ImportValue": "other"}),
            "no given template exports \"other\"",
        ),
        (json!("a{{resolve:ssm:/b}}"), "resolve:ssm:/b=VALUE"),
        (json!({"Fn::If": ["Unclear", 1, 2]}), "Missing"),
        (json!({"Fn::If": ["None", 1, 2]}), "no condition None"),
        (
            json!({"Fn::Join": ["", ["a", {"Ref": "Missing"}]]}),
            "Missing",
        ),
        (json!({"Fn::Select": [3, ["a"]]}), "no item"),
        (
            json!({"Fn::Transform": {}}),
            "Fn::Transform is not known here",
        ),
    ];
    for (value, reason) in cases {
        let mut told = Vec::new();
        let tree = json!({"kept": 1, "lost": value});
        let known = app.stacks[0].resolve_with(&app, "Top", &tree, &mut |at, reason| {
            told.push(format!("{at}: {}", reason.0));
        });
        assert_eq!(known, json!({"kept": 1}), "{value}");
        assert!(
            told[0].starts_with("Top.lost: ") && told[0].contains(reason),
            "{told:?}"
        );
    }
}

#[test]
fn functions_of_another_stack_are_found_by_export_parameter_and_cross_region_export() {
    let edge = stack(
        "Edge",
        json!({
            "Resources": {
                "Fn": {"Type": "AWS::Lambda::Function", "Properties": {}},
                "V": {"Type": "AWS::Lambda::Version", "Properties": {"FunctionName": {"Ref": "Fn"}}},
                "P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/cdk/EdgeFunctionArn/x", "Value": {"Ref": "V"}}},
                "W": {"Type": "Custom::CrossRegionExportWriter", "Properties": {"WriterProps": {"exports": {"/cdk/exports/Main/V": {"Ref": "V"}}}}},
            },
            "Outputs": {"O": {"Value": {"Ref": "V"}, "Export": {"Name": "Edge:V"}}},
        }),
    );
    let main = stack(
        "Main",
        json!({"Resources": {
            "S": {"Type": "Custom::CrossRegionStringParameterReader", "Properties": {"ParameterName": "/cdk/EdgeFunctionArn/x"}},
            "R": {"Type": "Custom::CrossRegionExportReader", "Properties": {}},
        }}),
    );
    let app = App::new(vec![main, edge]);
    let arn = json!("arn:aws:lambda:us-east-1:000000000000:function:Edge-Fn:1");
    for value in [
        json!({"Fn::ImportValue": "Edge:V"}),
        json!({"Fn::GetAtt": ["S", "FunctionArn"]}),
        json!({"Fn::GetAtt": ["R", "/cdk/exports/Main/V"]}),
    ] {
        assert_eq!(app.stacks[0].resolve(&app, &value), arn, "{value}");
    }
}
