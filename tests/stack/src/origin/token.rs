//! Who asks: the Cognito token, verified as a real API would verify it.

use axum::http::{HeaderMap, header};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{Jwk, JwkSet},
};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{cognito::UserPool, contract::Contract, error::StackError};

/// The verified claims that matter here.
#[derive(Debug, Deserialize)]
pub(super) struct Claims {
    token_use: String,
    #[serde(rename = "cognito:groups", default)]
    groups: Vec<String>,
    #[serde(rename = "cognito:username", alias = "username")]
    pub(super) user: String,
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl Claims {
    /// Whether this user may read that tenant's data.
    pub(super) fn may_read(&self, tenant: &str, contract: &Contract) -> bool {
        let own = self.others.get(&contract.tenant.claim);
        let above = [&*contract.tenant.superadmin_group, contract.service_group()];
        own.and_then(Value::as_str) == Some(tenant)
            || self.groups.iter().any(|group| above.contains(&&**group))
    }
}

/// Checks signature, issuer, expiry and use of tokens of one pool.
pub(super) struct Verifier {
    keys: Vec<(String, DecodingKey)>,
    validation: Validation,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Verifier").finish_non_exhaustive()
    }
}

impl Verifier {
    pub(super) fn of(pool: &UserPool) -> Result<Self, StackError> {
        let what = "read the pool's public keys";
        let set: JwkSet = serde_json::from_value(pool.jwks.clone())
            .map_err(|error| StackError::unusable(what, error.to_string()))?;
        let key = |jwk: &Jwk| {
            let id = jwk.common.key_id.clone().unwrap_or_default();
            DecodingKey::from_jwk(jwk)
                .map(|key| (id, key))
                .map_err(StackError::aws(what))
        };
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[pool.issuer()]);
        validation.set_required_spec_claims(&["exp", "iss"]);
        // Access tokens have no audience; which clients may come in is the distribution's rule.
        validation.validate_aud = false;
        Ok(Self {
            keys: set.keys.iter().map(key).collect::<Result<_, _>>()?,
            validation,
        })
    }

    /// The claims of the request's token, or why there are none.
    pub(super) fn verify(&self, headers: &HeaderMap) -> Result<Claims, &'static str> {
        let value = headers
            .get(header::AUTHORIZATION)
            .ok_or("a token is required")?;
        let value = value.to_str().map_err(|_| "the token is not text")?;
        let token = value.strip_prefix("Bearer ").unwrap_or(value);
        let head = jsonwebtoken::decode_header(token).map_err(|_| "the token is malformed")?;
        let key = self
            .keys
            .iter()
            .find(|(id, _)| Some(id) == head.kid.as_ref());
        let (_, key) = key.ok_or("the token's key is unknown")?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, &self.validation)
            .map_err(|_| "the token is not valid here")?
            .claims;
        match claims.token_use.as_str() {
            "id" | "access" => Ok(claims),
            _ => Err("the token is neither an id nor an access token"),
        }
    }
}
