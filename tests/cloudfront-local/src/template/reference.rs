//! What `Ref` and `Fn::GetAtt` give: parameters, pseudo parameters, and resources under the names that they would have.

use serde_json::Value;

use super::app::App;
use super::resolve::{Resolved, Unresolved, plain_text};
use super::stack::{ACCOUNT, Stack};

const REGION: &str = "us-east-1";

impl Stack {
    pub(super) fn reference(&self, app: &App, name: &str) -> Resolved {
        let declared = self.section("Parameters").and_then(|all| all.get(name));
        if let Some(given) = self.parameters.get(name) {
            return Ok(typed(declared, given));
        }
        if let Some(parameter) = declared {
            return parameter_default(app, name, parameter);
        }
        let pseudo = match name {
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Region" => Some(REGION),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some(self.name.as_str()),
            "AWS::NoValue" => return Ok(Value::Null),
            "AWS::NotificationARNs" => return Ok(Value::Array(Vec::new())),
            "AWS::StackId" => {
                let id = self.physical_id("", 12);
                let arn = format!(
                    "arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{}/{id}",
                    self.name
                );
                return Ok(Value::from(arn));
            }
            _ => None,
        };
        if let Some(text) = pseudo {
            return Ok(Value::from(text));
        }
        match self.resource(name) {
            Some(resource) => self.resource_name(app, name, resource),
            None => match name.split_once('.') {
                // SAM: the version that `AutoPublishAlias` makes.
                Some((function, "Version")) if self.resource(function).is_some() => {
                    Ok(Value::from(format!("{}:1", self.function_arn(function))))
                }
                _ if self.is_made_by_sam(name) => Ok(Value::from(self.made_up_name(name))),
                _ => Err(Unresolved(format!(
                    "there is no parameter or resource {name}"
                ))),
            },
        }
    }

    /// What `Ref` of a resource gives.
    fn resource_name(&self, app: &App, logical_id: &str, resource: &Value) -> Resolved {
        let properties = &resource["Properties"];
        let kind = resource["Type"].as_str().unwrap_or_default();
        let text = match kind {
            "AWS::CloudFront::Distribution" => self.distribution_id(logical_id),
            "AWS::CloudFront::DistributionTenant" => self.tenant_id(logical_id),
            "AWS::CloudFront::PublicKey" => self.key_pair_id(logical_id),
            "AWS::CloudFront::CachePolicy"
            | "AWS::CloudFront::OriginRequestPolicy"
            | "AWS::CloudFront::ResponseHeadersPolicy"
            | "AWS::CloudFront::KeyGroup"
            | "AWS::CloudFront::KeyValueStore" => format!("{}/{logical_id}", self.name),
            "AWS::CloudFront::Function" => self.viewer_function_arn(logical_id),
            "AWS::Lambda::Function" | "AWS::Serverless::Function" => logical_id.to_owned(),
            "AWS::Lambda::Version" => {
                let function = plain_text(&self.evaluate(app, &properties["FunctionName"])?);
                if function.starts_with("arn:") {
                    format!("{function}:1")
                } else {
                    format!("{}:1", self.function_arn(&function))
                }
            }
            "AWS::SSM::Parameter" => return self.evaluate(app, &properties["Name"]),
            "AWS::S3::Bucket" => return self.bucket_name(app, logical_id, properties),
            "AWS::ApiGateway::Stage" | "AWS::ApiGatewayV2::Stage" => {
                return self.evaluate(app, &properties["StageName"]);
            }
            "AWS::CertificateManager::Certificate"
            | "AWS::ElasticLoadBalancingV2::LoadBalancer"
            | "AWS::SNS::Topic"
            | "AWS::SecretsManager::Secret" => self.made_up_arn(kind, logical_id),
            _ => self.made_up_name(logical_id),
        };
        Ok(Value::from(text))
    }

    pub(super) fn attribute(&self, app: &App, logical_id: &str, attribute: &str) -> Resolved {
        if let Some(given) = self.parameters.get(&format!("{logical_id}.{attribute}")) {
            return Ok(Value::from(given.clone()));
        }
        let implicit = Value::Null;
        let resource = match self.resource(logical_id) {
            Some(resource) => resource,
            None if self.is_made_by_sam(logical_id) => &implicit,
            None => return Err(Unresolved(format!("there is no resource {logical_id}"))),
        };
        let properties = &resource["Properties"];
        let kind = resource["Type"].as_str().unwrap_or_default();
        let text = match (kind, attribute) {
            ("AWS::CloudFront::Distribution", "DomainName") => self.domain_name(logical_id),
            ("AWS::Lambda::Function" | "AWS::Serverless::Function", "Arn") => {
                self.function_arn(logical_id)
            }
            ("AWS::CloudFront::Function", _) => self.viewer_function_arn(logical_id),
            ("AWS::SSM::Parameter", "Value") => return self.evaluate(app, &properties["Value"]),
            ("AWS::Lambda::Version", "FunctionArn") | ("AWS::CloudFront::KeyValueStore", _) => {
                return self.reference(app, logical_id);
            }
            ("Custom::CrossRegionStringParameterReader", "FunctionArn") => {
                let name = self.evaluate(app, &properties["ParameterName"])?;
                return app.export(&plain_text(&name));
            }
            ("Custom::CrossRegionExportReader", name) => return app.export(name),
            ("AWS::S3::Bucket", part) => {
                let name = plain_text(&self.bucket_name(app, logical_id, properties)?);
                return bucket_attribute(&name, part)
                    .map(Value::from)
                    .ok_or_else(|| self.unknown_attribute(kind, logical_id, part));
            }
            (_, "FunctionUrl") => format!(
                "https://{}.lambda-url.{REGION}.on.aws/",
                self.physical_id(logical_id, 32).to_ascii_lowercase()
            ),
            (_, "ApiEndpoint") => format!("https://{}", self.api_host(logical_id)),
            _ => return self.general_attribute(app, kind, logical_id, attribute),
        };
        Ok(Value::from(text))
    }

    /// Attributes whose names tell what they are like, whatever the resource.
    fn general_attribute(
        &self,
        app: &App,
        kind: &str,
        logical_id: &str,
        attribute: &str,
    ) -> Resolved {
        let is_custom =
            kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource";
        if is_custom || kind == "AWS::CloudFormation::Stack" {
            return Err(self.unknown_attribute(kind, logical_id, attribute));
        }
        if attribute.ends_with("Arn") || attribute == "ARN" {
            return Ok(Value::from(self.made_up_arn(kind, logical_id)));
        }
        if attribute.ends_with("Id") || attribute.ends_with("Name") && !is_host(attribute) {
            return self.reference(app, logical_id);
        }
        if is_host(attribute) {
            let id = self.made_up_name(logical_id).to_ascii_lowercase();
            return Ok(Value::from(format!("{id}.{REGION}.amazonaws.com")));
        }
        Err(self.unknown_attribute(kind, logical_id, attribute))
    }

    fn unknown_attribute(&self, kind: &str, logical_id: &str, attribute: &str) -> Unresolved {
        Unresolved(format!(
            "{attribute} of {logical_id} ({kind}) is known only when {} is deployed: give --parameter {logical_id}.{attribute}=VALUE",
            self.name
        ))
    }

    fn bucket_name(&self, app: &App, logical_id: &str, properties: &Value) -> Resolved {
        if let Some(name) = properties.get("BucketName") {
            return self.evaluate(app, name);
        }
        // A label of a host name has at most 63 characters.
        let stem = format!("{}-{logical_id}", self.name).to_ascii_lowercase();
        let stem: String = stem.chars().take(50).collect();
        let id = self.physical_id(logical_id, 12).to_ascii_lowercase();
        Ok(Value::from(format!("{stem}-{id}")))
    }

    /// An API of API Gateway has its id in its host name.
    fn api_host(&self, logical_id: &str) -> String {
        format!(
            "{}.execute-api.{REGION}.amazonaws.com",
            self.made_up_name(logical_id)
        )
    }

    /// As CloudFormation names most resources; ids of APIs and origin access are shorter.
    fn made_up_name(&self, logical_id: &str) -> String {
        let resource = self.resource(logical_id);
        match resource.and_then(|resource| resource["Type"].as_str()) {
            Some(
                "AWS::ApiGateway::RestApi"
                | "AWS::ApiGatewayV2::Api"
                | "AWS::Serverless::Api"
                | "AWS::Serverless::HttpApi",
            )
            | None => self.physical_id(logical_id, 10).to_ascii_lowercase(),
            Some(kind) if kind.starts_with("AWS::CloudFront::") => {
                format!("E{}", self.physical_id(logical_id, 13))
            }
            Some(_) => format!(
                "{}-{logical_id}-{}",
                self.name,
                self.physical_id(logical_id, 12)
            ),
        }
    }

    fn made_up_arn(&self, kind: &str, logical_id: &str) -> String {
        let mut parts = kind.split("::").skip(1);
        let service = match parts.next().unwrap_or_default() {
            "CertificateManager" => "acm".to_owned(),
            "ElasticLoadBalancingV2" => "elasticloadbalancing".to_owned(),
            other => other.to_ascii_lowercase(),
        };
        let resource = parts.next().unwrap_or_default().to_ascii_lowercase();
        let name = self.made_up_name(logical_id);
        format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}/{name}")
    }

    /// What SAM makes without a resource in the template: APIs of function events, and function URLs.
    fn is_made_by_sam(&self, logical_id: &str) -> bool {
        let function = logical_id.strip_suffix("Url").unwrap_or_default();
        let has_url = self
            .resource(function)
            .is_some_and(|resource| resource["Properties"].get("FunctionUrlConfig").is_some());
        has_url || matches!(logical_id, "ServerlessRestApi" | "ServerlessHttpApi")
    }
}

fn parameter_default(app: &App, name: &str, parameter: &Value) -> Resolved {
    let missing = |what: &str| {
        Unresolved(format!(
            "parameter {name} {what}: give --parameter {name}=VALUE"
        ))
    };
    let default = parameter.get("Default").map(plain_text);
    let default = default.ok_or_else(|| missing("has no value"))?;
    if parameter["Type"]
        .as_str()
        .is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value"))
    {
        let what = format!(
            "takes the value of the SSM parameter {default:?}, which no given template has"
        );
        return app
            .handed_over(&default)
            .cloned()
            .ok_or_else(|| missing(&what));
    }
    Ok(typed(Some(parameter), &default))
}

/// Lists come as text with commas.
fn typed(parameter: Option<&Value>, text: &str) -> Value {
    let kind = parameter.and_then(|parameter| parameter["Type"].as_str());
    match kind {
        Some(kind) if kind == "CommaDelimitedList" || kind.starts_with("List<") => text
            .split(',')
            .map(|item| Value::from(item.trim()))
            .collect(),
        _ => Value::from(text),
    }
}

fn is_host(attribute: &str) -> bool {
    [
        "DomainName",
        "DNSName",
        "DnsName",
        "Dns",
        "Domain",
        "HostName",
    ]
    .iter()
    .any(|end| attribute.ends_with(end))
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>
fn bucket_attribute(name: &str, attribute: &str) -> Option<String> {
    Some(match attribute {
        "Arn" => format!("arn:aws:s3:::{name}"),
        "DomainName" => format!("{name}.s3.amazonaws.com"),
        "RegionalDomainName" => format!("{name}.s3.{REGION}.amazonaws.com"),
        "DualStackDomainName" => format!("{name}.s3.dualstack.{REGION}.amazonaws.com"),
        "WebsiteURL" => format!("http://{name}.s3-website-{REGION}.amazonaws.com"),
        _ => return None,
    })
}
