//! The pool, the clients and the service user of the pipeline, and the people of tenants.

use std::collections::BTreeSet;

use aws_sdk_cognitoidentityprovider::{
    Client,
    types::{
        AttributeDataType, AttributeType, AuthFlowType, ExplicitAuthFlowsType, SchemaAttributeType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{aws, contract::Contract, error::StackError, http_client};

/// Moto finds the service of a request by its signature, even where AWS wants none.
const UNSIGNED: &str = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/cognito-idp/aws4_request, SignedHeaders=host, Signature=none";
/// What the names of a pool's own attributes begin with, in tokens too.
const CUSTOM: &str = "custom:";

/// The pool and what the parts need to know of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UserPool {
    /// `us-east-1_...`.
    pub id: String,
    /// The client of the people who open dashboards; it has no secret.
    pub dashboard_client_id: String,
    /// The client of the prewarmer; it has a secret.
    pub service_client_id: String,
    /// The service user's name.
    pub service_user: String,
    /// The pool's public keys.
    pub jwks: Value,
    /// The attribute that names a user's tenant, and the claim of their tokens.
    pub tenant_claim: String,
    /// Members may read every tenant.
    pub superadmin_group: String,
}

impl UserPool {
    /// What stands in the tokens' `iss`.
    #[must_use]
    pub fn issuer(&self) -> String {
        format!(
            "https://cognito-idp.{}.amazonaws.com/{}",
            aws::REGION,
            self.id
        )
    }
}

/// The service user's login as the pipeline's secret holds it. It has no `Debug`: it holds a password.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceLogin {
    /// The user.
    pub username: String,
    /// The password.
    pub password: String,
    /// The secret of the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret: Option<String>,
}

/// Calls to the user pool.
#[derive(Clone, Debug)]
pub struct Users {
    client: Client,
    endpoint: String,
}

impl Users {
    /// Users of the pools at this endpoint.
    #[must_use]
    pub fn at(endpoint: &str) -> Self {
        Self {
            client: Client::new(&aws::config(endpoint)),
            endpoint: endpoint.to_owned(),
        }
    }

    /// The SDK's own client, for what this type does not offer.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A new pool for this contract, with both clients, the groups and the service user in it.
    pub(crate) async fn create_pool(
        &self,
        contract: &Contract,
    ) -> Result<(UserPool, ServiceLogin), StackError> {
        let names = &contract.tenant;
        let attribute = names.claim.strip_prefix(CUSTOM).map(|name| {
            SchemaAttributeType::builder()
                .name(name)
                .attribute_data_type(AttributeDataType::String)
                .mutable(true)
                .build()
        });
        let pool = self
            .client
            .create_user_pool()
            .pool_name("warmfront")
            .set_schema(attribute.map(|attribute| vec![attribute]))
            .send()
            .await
            .map_err(StackError::aws("create the user pool"))?;
        let id = pool.user_pool.and_then(|pool| pool.id);
        let id =
            id.ok_or_else(|| StackError::unusable("create the user pool", "the answer has no id"))?;
        let groups = BTreeSet::from([&*names.superadmin_group, contract.service_group()]);
        for group in groups {
            let create = self.client.create_group().user_pool_id(&id);
            let created = create.group_name(group).send().await;
            created.map_err(StackError::aws(format!("create the group {group}")))?;
        }
        let claim = &names.claim;
        let (dashboard_client_id, _) = self.create_client(&id, "dashboard", false, claim).await?;
        let (service_client_id, client_secret) =
            self.create_client(&id, "prewarmer", true, claim).await?;
        let jwks = self.jwks(&id).await?;
        let pool = UserPool {
            id,
            dashboard_client_id,
            service_client_id,
            service_user: "prewarmer".to_owned(),
            jwks,
            tenant_claim: names.claim.clone(),
            superadmin_group: names.superadmin_group.clone(),
        };
        let password = password_for(&pool.service_user);
        let group = contract.service_group();
        self.create_in_group(&pool, &pool.service_user, &password, group)
            .await?;
        let login = ServiceLogin {
            username: pool.service_user.clone(),
            password,
            client_secret,
        };
        Ok((pool, login))
    }

    /// A user of one tenant with a permanent password.
    pub async fn create_member(
        &self,
        pool: &UserPool,
        name: &str,
        tenant: &str,
    ) -> Result<(), StackError> {
        let attribute = AttributeType::builder()
            .name(&pool.tenant_claim)
            .value(tenant)
            .build()
            .map_err(StackError::aws(format!("describe user {name}")))?;
        self.create_user(pool, name, Some(attribute)).await?;
        self.set_password(pool, name, &password_for(name)).await
    }

    /// A user who may read every tenant, with a permanent password.
    pub async fn create_superadmin(
        &self,
        pool: &UserPool,
        name: &str,
        password: &str,
    ) -> Result<(), StackError> {
        self.create_in_group(pool, name, password, &pool.superadmin_group)
            .await
    }

    async fn create_in_group(
        &self,
        pool: &UserPool,
        name: &str,
        password: &str,
        group: &str,
    ) -> Result<(), StackError> {
        self.create_user(pool, name, None).await?;
        self.set_password(pool, name, password).await?;
        self.client
            .admin_add_user_to_group()
            .user_pool_id(&pool.id)
            .username(name)
            .group_name(group)
            .send()
            .await
            .map(drop)
            .map_err(StackError::aws(format!("add user {name} to {group}")))
    }

    /// Sets a permanent password, as a rotation does.
    pub async fn set_password(
        &self,
        pool: &UserPool,
        name: &str,
        password: &str,
    ) -> Result<(), StackError> {
        self.client
            .admin_set_user_password()
            .user_pool_id(&pool.id)
            .username(name)
            .password(password)
            .permanent(true)
            .send()
            .await
            .map(drop)
            .map_err(StackError::aws(format!("set the password of user {name}")))
    }

    /// Logs a member in and gives the id token: the one that names the tenant.
    pub async fn id_token(&self, pool: &UserPool, name: &str) -> Result<String, StackError> {
        let answer = self
            .client
            .admin_initiate_auth()
            .user_pool_id(&pool.id)
            .client_id(&pool.dashboard_client_id)
            .auth_flow(AuthFlowType::AdminUserPasswordAuth)
            .auth_parameters("USERNAME", name)
            .auth_parameters("PASSWORD", password_for(name))
            .send()
            .await
            .map_err(StackError::aws(format!("log user {name} in")))?;
        answer
            .authentication_result
            .and_then(|tokens| tokens.id_token)
            .ok_or_else(|| {
                StackError::unusable(format!("log user {name} in"), "the answer has no id token")
            })
    }

    async fn create_client(
        &self,
        pool: &str,
        name: &str,
        secret: bool,
        claim: &str,
    ) -> Result<(String, Option<String>), StackError> {
        let answer = self
            .client
            .create_user_pool_client()
            .user_pool_id(pool)
            .client_name(name)
            .generate_secret(secret)
            .explicit_auth_flows(ExplicitAuthFlowsType::AllowAdminUserPasswordAuth)
            // Without it moto puts only the pool's own attributes into tokens.
            .read_attributes(claim)
            .send()
            .await
            .map_err(StackError::aws(format!("create the client {name}")))?;
        answer
            .user_pool_client
            .and_then(|client| Some((client.client_id?, client.client_secret)))
            .ok_or_else(|| {
                StackError::unusable(format!("create the client {name}"), "the answer has no id")
            })
    }

    async fn create_user(
        &self,
        pool: &UserPool,
        name: &str,
        attribute: Option<AttributeType>,
    ) -> Result<(), StackError> {
        self.client
            .admin_create_user()
            .user_pool_id(&pool.id)
            .username(name)
            .set_user_attributes(attribute.map(|attribute| vec![attribute]))
            .send()
            .await
            .map(drop)
            .map_err(StackError::aws(format!("create user {name}")))
    }

    async fn jwks(&self, pool: &str) -> Result<Value, StackError> {
        let failed = || StackError::http("fetch the pool's public keys");
        let answer = http_client::client()
            .get(format!("{}/{pool}/.well-known/jwks.json", self.endpoint))
            .header("authorization", UNSIGNED)
            .send()
            .await
            .and_then(reqwest::Response::error_for_status)
            .map_err(failed())?;
        let body = answer.bytes().await.map_err(failed())?;
        serde_json::from_slice(&body)
            .map_err(|error| StackError::unusable("read the pool's public keys", error.to_string()))
    }
}

/// Users of the stack are made up: their passwords only have to satisfy the pool's rules, and differ.
fn password_for(user: &str) -> String {
    format!("Local-1-{user}")
}
