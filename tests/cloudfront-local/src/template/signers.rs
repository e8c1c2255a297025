//! Who may sign URLs and cookies: key groups and their public keys.

use base64::Engine as _;
use serde_json::Value;

use super::TemplateError;
use super::app::App;
use crate::model::Signer;

const KEY_GROUP: &str = "AWS::CloudFront::KeyGroup";
const PUBLIC_KEY: &str = "AWS::CloudFront::PublicKey";

/// The public keys that a behavior trusts; nothing where everybody may ask. A key that is not in the given templates is
/// left out: what it signed is refused.
pub(super) fn trusted(
    app: &App,
    at: &str,
    behavior: &Value,
) -> Result<Option<Vec<Signer>>, TemplateError> {
    let groups = items(&behavior["TrustedKeyGroups"]);
    let accounts = items(&behavior["TrustedSigners"]);
    if groups.is_empty() && accounts.is_empty() {
        return Ok(None);
    }
    let mut signers = Vec::new();
    for group in groups {
        let Some(config) = find(app, KEY_GROUP, group, "KeyGroupConfig") else {
            continue;
        };
        for id in items(&config["Items"]) {
            if let Some(config) = find(app, PUBLIC_KEY, id, "PublicKeyConfig") {
                signers.push(Signer {
                    key_pair_id: id.as_str().unwrap_or_default().to_owned(),
                    public_key: read_pem(at, &config["EncodedKey"])?,
                });
            }
        }
    }
    Ok(Some(signers))
}

/// The public keys of the templates: logical id, and the id that signed URLs and cookies name.
pub(super) fn key_pair_ids(app: &App) -> Vec<(String, String)> {
    let keys = app.stacks.iter().flat_map(|stack| {
        let all = stack.resources_of(PUBLIC_KEY);
        all.map(|(logical_id, _)| (logical_id.to_owned(), stack.key_pair_id(logical_id)))
    });
    keys.collect()
}

fn items(value: &Value) -> &[Value] {
    let list = value.get("Items").unwrap_or(value).as_array();
    list.map_or(&[], Vec::as_slice)
}

/// The resolved config of the resource whose `Ref` is `id`.
fn find(app: &App, kind: &str, id: &Value, member: &str) -> Option<Value> {
    app.stacks.iter().find_map(|stack| {
        let mut all = stack.resources_of(kind);
        let (_, properties) = all.find(|(logical_id, _)| {
            let reference = serde_json::json!({"Ref": logical_id});
            stack.resolve(app, &reference) == *id
        })?;
        Some(stack.resolve(app, &properties[member]))
    })
}

fn read_pem(at: &str, value: &Value) -> Result<Vec<u8>, TemplateError> {
    let lines = value.as_str().unwrap_or_default().lines().map(str::trim);
    let body: String = lines.filter(|line| !line.starts_with("-----")).collect();
    let der = base64::engine::general_purpose::STANDARD.decode(&body);
    der.ok().filter(|der| !der.is_empty()).ok_or_else(|| {
        let problem = "EncodedKey is no PEM: a public key that begins with -----BEGIN PUBLIC KEY----- is expected";
        TemplateError::invalid(at, problem)
    })
}
