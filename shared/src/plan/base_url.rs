//! Where requests go: the scheme and host that a tenant's browsers use.

use std::str::FromStr;

use crate::contract::TENANT_PLACEHOLDER;
use crate::tenant::TenantId;
use url::{Position, Url};

/// Scheme and host of a distribution, or of each tenant of a multi-tenant one: then the host
/// begins with `{tenant}.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

/// A text that is no such URL.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the scheme and host of a distribution, as in \
     https://d111111abcdef8.cloudfront.net or https://{TENANT_PLACEHOLDER}.example.com"
)]
pub struct BaseUrlError(String);

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(given: &str) -> Result<Self, BaseUrlError> {
        let wrong = || BaseUrlError(given.to_owned());
        // What a tenant's name cannot change must be a domain of its own: the token must not go
        // wherever a name leads.
        let fixed = match given.split_once(TENANT_PLACEHOLDER) {
            None => given.to_owned(),
            Some((scheme, domain)) => {
                let domain = domain.strip_prefix('.').ok_or_else(wrong)?;
                if !scheme.ends_with("://") || domain.contains(TENANT_PLACEHOLDER) {
                    return Err(wrong());
                }
                format!("{scheme}{domain}")
            }
        };
        let url = Url::parse(&fixed).map_err(|_| wrong())?;
        let is_plain = matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && &url[Position::BeforePath..] == "/"
            && !fixed.contains(['{', '}']);
        if is_plain {
            Ok(Self(given.to_owned()))
        } else {
            Err(wrong())
        }
    }
}

impl BaseUrl {
    /// `https`, or `http` where there is no CloudFront.
    #[must_use]
    pub fn scheme(&self) -> &str {
        self.0.split_once(':').map_or("", |(scheme, _)| scheme)
    }

    /// The URL for a tenant; `None` if the tenant's name cannot stand in a host name.
    #[must_use]
    pub fn for_tenant(&self, tenant: &TenantId) -> Option<Url> {
        Url::parse(&self.0.replace(TENANT_PLACEHOLDER, tenant.as_str())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(given: &str, tenant: &str) -> Option<String> {
        let base: BaseUrl = given.parse().unwrap();
        let url = base.for_tenant(&TenantId::parse(tenant).unwrap())?;
        Some(url.to_string())
    }

    #[test]
    fn one_host_for_all_or_one_for_each() {
        let all = "http://127.0.0.1:8443";
        assert_eq!(filled(all, "acme").unwrap(), "http://127.0.0.1:8443/");
        let each = "https://{tenant}.example.com/";
        assert_eq!(filled(each, "acme").unwrap(), "https://acme.example.com/");
        let dotted = filled(each, "evil.org").unwrap();
        assert_eq!(dotted, "https://evil.org.example.com/");
        assert_eq!(filled(each, "xn--a"), None);
    }

    #[test]
    fn rejects_what_is_not_a_scheme_and_a_host() {
        for bad in [
            "",
            "d111111abcdef8.cloudfront.net",
            "ftp://example.com",
            "https://",
            "https://user@example.com",
            "https://example.com/path",
            "https://example.com/?q",
            "https://{tenant}",
            "https://{tenant}/",
            "https://{tenant}example.com",
            "https://a{tenant}.example.com",
            "https://{tenant}.{tenant}.example.com",
            "https://example.com/{tenant}",
            "https://{organization}.example.com",
        ] {
            assert!(bad.parse::<BaseUrl>().is_err(), "{bad:?} was accepted");
        }
    }
}
