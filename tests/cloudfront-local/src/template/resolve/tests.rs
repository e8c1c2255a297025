use serde_json::json;

use super::*;

fn stack(name: &str, body: Value) -> Stack {
    let parameters = BTreeMap::from([("Given".to_owned(), "given".to_owned())]);
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

#[test]
fn intrinsics_are_replaced() {
    let body = json!({
        "Parameters": {"WithDefault": {"Type": "String", "Default": "d"}, "Given": {"Type": "String"}},
        "Mappings": {"Map": {"a": {"b": "mapped"}}},
        "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Given"}, "given"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
    });
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
