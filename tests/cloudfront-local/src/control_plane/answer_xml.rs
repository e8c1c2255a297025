//! Writes distributions, tenants and their tags as the API shows them.

use std::collections::BTreeMap;

use super::call::Page;
use super::config_xml;
use super::xml::{document, element, list_head, parent};
use crate::model::{Distribution, Tenant};

const ACCOUNT: &str = "000000000000";
/// Nothing here depends on when a resource was made.
const MODIFIED: &str = "2026-01-01T00:00:00.000Z";
/// Tenants are not changed through the API.
pub(super) const TENANT_ETAG: &str = "E1TENANT";

/// Version of a distribution's configuration.
pub(super) fn etag(distribution: &Distribution) -> String {
    let tail = distribution.id.get(1..9).unwrap_or_default();
    format!("E{tail}{}", distribution.updates + 1)
}

pub(super) fn distribution_arn(id: &str) -> String {
    format!("arn:aws:cloudfront::{ACCOUNT}:distribution/{id}")
}

pub(super) fn tenant_arn(id: &str) -> String {
    format!("arn:aws:cloudfront::{ACCOUNT}:distribution-tenant/{id}")
}

/// `DistributionConfig`.
pub(super) fn distribution_config(distribution: &Distribution) -> String {
    document("DistributionConfig", &config(distribution))
}

/// `Distribution`.
pub(super) fn distribution(distribution: &Distribution, in_progress: usize) -> String {
    let nobody = element("Enabled", "false") + &element("Quantity", "0");
    let body = identity(distribution)
        + &element("InProgressInvalidationBatches", &in_progress.to_string())
        + &element("DomainName", &distribution.domain_name)
        + &parent("ActiveTrustedSigners", &nobody)
        + &parent("ActiveTrustedKeyGroups", &nobody)
        + &parent("DistributionConfig", &config(distribution));
    document("Distribution", &body)
}

/// `DistributionList`.
pub(super) fn distribution_list(
    shown: &[&Distribution],
    page: &Page,
    next: Option<&str>,
) -> String {
    let summary = |one: &&Distribution| {
        let body = identity(one)
            + &element("ETag", &etag(one))
            + &element("DomainName", &one.domain_name)
            + &config_xml::write_summary(&one.config);
        parent("DistributionSummary", &body)
    };
    let items: String = shown.iter().map(summary).collect();
    let body = list_head(page, next, shown.len()) + &parent("Items", &items);
    document("DistributionList", &body)
}

fn identity(distribution: &Distribution) -> String {
    element("Id", &distribution.id)
        + &element("ARN", &distribution_arn(&distribution.id))
        + &element("Status", "Deployed")
        + &element("LastModifiedTime", MODIFIED)
}

fn config(distribution: &Distribution) -> String {
    element("CallerReference", &distribution.logical_id) + &config_xml::write(&distribution.config)
}

/// `DistributionTenant`.
pub(super) fn tenant(tenant: &Tenant) -> String {
    document("DistributionTenant", &tenant_body(tenant))
}

/// `ListDistributionTenantsResult`.
pub(super) fn tenant_list(shown: &[&Tenant], next: Option<&str>) -> String {
    let summary = |one: &&Tenant| {
        let body = tenant_body(one) + &element("ETag", TENANT_ETAG);
        parent("DistributionTenantSummary", &body)
    };
    let items: String = shown.iter().map(summary).collect();
    let next = next.map_or_else(String::new, |marker| element("NextMarker", marker));
    let body = next + &parent("DistributionTenantList", &items);
    document("ListDistributionTenantsResult", &body)
}

fn tenant_body(tenant: &Tenant) -> String {
    let domain = |name: &String| {
        parent(
            "member",
            &(element("Domain", name) + &element("Status", "active")),
        )
    };
    let domains: String = tenant.domains.iter().map(domain).collect();
    let name = if tenant.name.is_empty() {
        &tenant.id
    } else {
        &tenant.name
    };
    element("Id", &tenant.id)
        + &element("DistributionId", &tenant.distribution)
        + &element("Name", name)
        + &element("Arn", &tenant_arn(&tenant.id))
        + &parent("Domains", &domains)
        + &element("CreatedTime", MODIFIED)
        + &element("LastModifiedTime", MODIFIED)
        + &element("Enabled", "true")
        + &element("Status", "Deployed")
}

/// `Tags` of a resource.
pub(super) fn tags(tags: &BTreeMap<String, String>) -> String {
    let tag = |(key, value): (&String, &String)| {
        parent("Tag", &(element("Key", key) + &element("Value", value)))
    };
    let items: String = tags.iter().map(tag).collect();
    document("Tags", &parent("Items", &items))
}
