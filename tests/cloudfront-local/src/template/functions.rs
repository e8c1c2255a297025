//! Where the code of a Lambda@Edge function lies: found through the asset manifest beside the template.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use super::app::App;
use super::resolve::plain_text;
use super::stack::Stack;
use super::{TemplateError, read_file, restrictions};
use crate::model::{EdgeEvent, EdgeFunctionId};

/// Code and limits of a Lambda@Edge function.
#[derive(Clone, Debug)]
pub struct FunctionCode {
    /// Name, for logs.
    pub name: String,
    /// Where the code is.
    pub source: CodeSource,
    /// As in `index.handler`.
    pub handler: String,
    /// Time limit.
    pub timeout: Duration,
    /// Memory limit in MiB.
    pub memory: u32,
    /// Which of the two kinds of edge function it is.
    pub kind: FunctionKind,
    /// The key value store of a CloudFront function.
    pub store: Option<KeyValueStore>,
}

/// A key value store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyValueStore {
    /// Logical id in its template.
    pub logical_id: String,
    /// Name.
    pub name: String,
}

/// The two kinds of edge function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// Lambda@Edge.
    Lambda,
    /// CloudFront Functions.
    CloudFront,
}

/// A folder, or code written into the template.
#[derive(Clone, Debug)]
pub enum CodeSource {
    /// The unpacked asset.
    Folder(PathBuf),
    /// `Code.ZipFile`.
    Inline(String),
}

/// Finds the code behind the ARN of a CloudFront function or of a Lambda function's version.
pub(super) fn find(
    app: &App,
    arn: &EdgeFunctionId,
    event: EdgeEvent,
) -> Result<FunctionCode, TemplateError> {
    for stack in &app.stacks {
        for (logical_id, properties) in stack.resources_of("AWS::CloudFront::Function") {
            if stack.viewer_function_arn(logical_id) == arn.0 {
                return read_cloudfront_function(app, stack, logical_id, properties);
            }
        }
    }
    let unversioned = arn.0.rsplit_once(':').map_or("", |(head, _)| head);
    for stack in &app.stacks {
        for kind in [LAMBDA, SAM] {
            for (logical_id, properties) in stack.resources_of(kind) {
                if stack.function_arn(logical_id) == unversioned {
                    let properties = stack.resolve(app, properties);
                    let defaults = (kind == SAM).then(|| stack.section("Globals"));
                    let properties = match defaults.flatten() {
                        Some(globals) => with_defaults(properties, &globals["Function"]),
                        None => properties,
                    };
                    return read(stack, logical_id, &properties, event);
                }
            }
        }
    }
    Err(TemplateError::invalid(
        &arn.0,
        "no template holds this Lambda@Edge function with a version; if it lives in another stack, give that stack's template \
         too, or leave all functions out with --skip-functions",
    ))
}

const LAMBDA: &str = "AWS::Lambda::Function";
const SAM: &str = "AWS::Serverless::Function";

/// SAM: what the template sets for all functions.
fn with_defaults(mut properties: Value, defaults: &Value) -> Value {
    for (name, value) in defaults.as_object().into_iter().flatten() {
        if properties.get(name).is_none() {
            properties[name] = value.clone();
        }
    }
    properties
}

/// Code of a CloudFront function may have 10 KB.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html>
const MAX_CODE: usize = 10_240;

fn read_cloudfront_function(
    app: &App,
    stack: &Stack,
    logical_id: &str,
    properties: &Value,
) -> Result<FunctionCode, TemplateError> {
    let properties = stack.resolve(app, properties);
    let code = properties["FunctionCode"].as_str().unwrap_or_default();
    if code.len() > MAX_CODE {
        let problem = format!(
            "its code has {} bytes; a CloudFront function may have {MAX_CODE}",
            code.len()
        );
        return Err(TemplateError::invalid(logical_id, problem));
    }
    Ok(FunctionCode {
        name: logical_id.to_owned(),
        source: CodeSource::Inline(code.to_owned()),
        handler: "handler".to_owned(),
        // The real limit is a share of a millisecond of computing, which a busy test machine cannot measure.
        timeout: Duration::from_secs(1),
        memory: 128,
        kind: FunctionKind::CloudFront,
        store: associated_store(app, logical_id, &properties["FunctionConfig"])?,
    })
}

/// A function reads one store at most.
fn associated_store(
    app: &App,
    logical_id: &str,
    config: &Value,
) -> Result<Option<KeyValueStore>, TemplateError> {
    let Some(arn) = config["KeyValueStoreAssociations"][0].get("KeyValueStoreARN") else {
        return Ok(None);
    };
    let found = app.stacks.iter().find_map(|stack| {
        let mut stores = stack.resources_of("AWS::CloudFront::KeyValueStore");
        let (id, properties) =
            stores.find(|(id, _)| *arn == format!("{}/{id}", stack.name).as_str())?;
        let name = plain_text(&stack.resolve(app, &properties["Name"]));
        Some(KeyValueStore {
            logical_id: id.to_owned(),
            name,
        })
    });
    let unknown = || {
        let problem = format!("its key value store {arn} is in none of the given templates");
        TemplateError::invalid(logical_id, problem)
    };
    found.map(Some).ok_or_else(unknown)
}

fn read(
    stack: &Stack,
    logical_id: &str,
    properties: &Value,
    event: EdgeEvent,
) -> Result<FunctionCode, TemplateError> {
    restrictions::check(logical_id, properties, event)?;
    let runtime = properties["Runtime"].as_str().unwrap_or_default();
    if !runtime.starts_with("nodejs") {
        let problem = format!("runtime {runtime:?} cannot be run here; only nodejs runtimes can");
        return Err(TemplateError::invalid(logical_id, problem));
    }
    let number =
        |name: &str, default: u64| plain_text(&properties[name]).parse().unwrap_or(default);
    Ok(FunctionCode {
        name: logical_id.to_owned(),
        source: source(stack, logical_id, properties)?,
        handler: properties["Handler"]
            .as_str()
            .unwrap_or("index.handler")
            .to_owned(),
        timeout: Duration::from_secs(number("Timeout", 3)),
        memory: u32::try_from(number("MemorySize", 128)).unwrap_or(u32::MAX),
        kind: FunctionKind::Lambda,
        store: None,
    })
}

/// The code: in the template, in a folder beside it (SAM), or in the asset of a `cdk synth`.
fn source(
    stack: &Stack,
    logical_id: &str,
    properties: &Value,
) -> Result<CodeSource, TemplateError> {
    let code = &properties["Code"];
    let inline = code["ZipFile"]
        .as_str()
        .or(properties["InlineCode"].as_str());
    if let Some(text) = inline {
        return Ok(CodeSource::Inline(text.to_owned()));
    }
    if let Some(uri) = properties["CodeUri"].as_str() {
        let folder = stack.folder.join(uri);
        let problem = format!("CodeUri {uri:?} is no folder beside the template");
        return if folder.is_dir() {
            Ok(CodeSource::Folder(folder))
        } else {
            Err(TemplateError::invalid(logical_id, problem))
        };
    }
    let key = code["S3Key"].as_str().unwrap_or_default();
    let folder = asset_folder(stack, key)?.filter(|folder| folder.is_dir());
    folder.map(CodeSource::Folder).ok_or_else(|| {
        let manifest = stack.manifest.display();
        let problem =
            format!("asset {key:?} is not in {manifest} as a folder: synthesize with bundling on, or leave all functions out with --skip-functions");
        TemplateError::invalid(logical_id, problem)
    })
}

fn asset_folder(stack: &Stack, key: &str) -> Result<Option<PathBuf>, TemplateError> {
    if !stack.manifest.is_file() {
        return Ok(None);
    }
    let manifest = read_file(&stack.manifest)?;
    let files = manifest["files"].as_object().into_iter().flatten();
    let wanted = files.map(|(_, file)| file).find(|file| {
        let mut destinations = file["destinations"].as_object().into_iter().flatten();
        destinations.any(|(_, destination)| destination["objectKey"] == key)
    });
    let path = wanted.and_then(|file| file["source"]["path"].as_str());
    Ok(path.map(|path| stack.folder.join(Path::new(path))))
}
