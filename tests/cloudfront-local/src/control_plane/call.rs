//! API calls: from method and path to a typed call.

use http::{HeaderMap, Method, Uri};
use serde_json::Value;
use url::form_urlencoded;

use super::element::Element;
use super::{Operation, config_xml, request_xml};
use crate::model::{Batch, Refusal, Target};

/// As many as the API gives at once.
const PAGE: usize = 100;

/// A call.
#[derive(Debug)]
pub(super) struct ApiCall {
    pub(super) operation: Operation,
    /// What it is about: a distribution or tenant, or nothing.
    pub(super) target: Option<Target>,
    pub(super) request: Request,
}

/// What is asked.
#[derive(Debug)]
pub(super) enum Request {
    CreateInvalidation(Batch),
    /// Id of the invalidation.
    GetInvalidation(String),
    ListInvalidations(Page),
    GetDistribution,
    GetDistributionConfig,
    UpdateDistribution {
        /// `If-Match`.
        version: Option<String>,
        caller_reference: String,
        config: Value,
    },
    ListDistributions(Page),
    GetDistributionTenant,
    ListDistributionTenants {
        distribution: Option<String>,
        page: Page,
    },
    /// ARN of the resource.
    ListTagsForResource(String),
}

/// Which part of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Id of the last one that is known already.
    pub(super) after: Option<String>,
    pub(super) size: usize,
}

impl ApiCall {
    pub(super) fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Self, Refusal> {
        let path = uri.path().trim_end_matches('/');
        let rest = path.strip_prefix("/2020-05-31/").unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').collect();
        let query = Query(uri.query().unwrap_or_default());
        if let [kind, id, "invalidation", one @ ..] = &parts[..]
            && let Some(target) = target_named(kind, id)
        {
            let request = invalidation(method, one, &query, body)?;
            let request = request.ok_or_else(|| unknown(method, path))?;
            let operation = invalidation_operation(&request, &target);
            return Ok(Self::about(operation, target, request));
        }
        let distribution = |id: &str| Target::Distribution(id.to_owned());
        Ok(match (method.as_str(), &parts[..]) {
            ("GET", ["distribution"]) => {
                let request = Request::ListDistributions(query.page()?);
                Self::about(Operation::ListDistributions, None::<Target>, request)
            }
            ("GET", ["distribution", id]) => {
                let request = Request::GetDistribution;
                Self::about(Operation::GetDistribution, distribution(id), request)
            }
            ("GET", ["distribution", id, "config"]) => {
                let request = Request::GetDistributionConfig;
                Self::about(Operation::GetDistributionConfig, distribution(id), request)
            }
            ("PUT", ["distribution", id, "config"]) => {
                let request = update(headers, body)?;
                Self::about(Operation::UpdateDistribution, distribution(id), request)
            }
            ("GET", ["distribution-tenant", id]) => {
                let target = Target::Tenant((*id).to_owned());
                let request = Request::GetDistributionTenant;
                Self::about(Operation::GetDistributionTenant, target, request)
            }
            ("POST", ["distribution-tenants"]) => {
                let request = list_tenants(body)?;
                Self::about(Operation::ListDistributionTenants, None::<Target>, request)
            }
            ("GET", ["tagging"]) => {
                let resource = query.value("Resource").unwrap_or_default();
                let request = Request::ListTagsForResource(resource);
                Self::about(Operation::ListTagsForResource, None::<Target>, request)
            }
            _ => return Err(unknown(method, path)),
        })
    }

    fn about(operation: Operation, target: impl Into<Option<Target>>, request: Request) -> Self {
        Self {
            operation,
            target: target.into(),
            request,
        }
    }

    pub(super) fn target_id(&self) -> &str {
        self.target.as_ref().map_or("", Target::id)
    }
}

/// The query of a call.
struct Query<'a>(&'a str);

impl Query<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.0.as_bytes());
        let found = pairs.find(|(key, _)| key == name);
        found.map(|(_, value)| value.into_owned())
    }

    fn page(&self) -> Result<Page, Refusal> {
        Page::new(self.value("Marker"), self.value("MaxItems"))
    }
}

fn target_named(kind: &str, id: &str) -> Option<Target> {
    match kind {
        "distribution" => Some(Target::Distribution(id.to_owned())),
        "distribution-tenant" => Some(Target::Tenant(id.to_owned())),
        _ => None,
    }
}

/// What is asked of a target's invalidations, of all or of `one`; nothing if there is no such call.
fn invalidation(
    method: &Method,
    one: &[&str],
    query: &Query<'_>,
    body: &[u8],
) -> Result<Option<Request>, Refusal> {
    Ok(Some(match (method.as_str(), one) {
        ("POST", []) => Request::CreateInvalidation(request_xml::read_batch(body)?),
        ("GET", []) => Request::ListInvalidations(query.page()?),
        ("GET", [id]) => Request::GetInvalidation((*id).to_owned()),
        _ => return Ok(None),
    }))
}

fn unknown(method: &Method, path: &str) -> Refusal {
    let message =
        format!("{method} {path} is no call that cloudfront-local knows; see its README.");
    Refusal::new(404, "NotImplemented", message)
}

fn invalidation_operation(request: &Request, target: &Target) -> Operation {
    let is_tenant = matches!(target, Target::Tenant(_));
    match (request, is_tenant) {
        (Request::CreateInvalidation(_), false) => Operation::CreateInvalidation,
        (Request::CreateInvalidation(_), true) => {
            Operation::CreateInvalidationForDistributionTenant
        }
        (Request::GetInvalidation(_), false) => Operation::GetInvalidation,
        (Request::GetInvalidation(_), true) => Operation::GetInvalidationForDistributionTenant,
        (_, false) => Operation::ListInvalidations,
        (_, true) => Operation::ListInvalidationsForDistributionTenant,
    }
}

fn update(headers: &HeaderMap, body: &[u8]) -> Result<Request, Refusal> {
    let (caller_reference, config) = config_xml::read(&Element::read(body)?)?;
    let version = headers
        .get("if-match")
        .and_then(|value| value.to_str().ok());
    Ok(Request::UpdateDistribution {
        version: version.map(|text| text.trim_matches('"').to_owned()),
        caller_reference,
        config,
    })
}

fn list_tenants(body: &[u8]) -> Result<Request, Refusal> {
    // Clients send nothing where nothing is asked for.
    let body: &[u8] = if body.is_empty() { b"<All/>" } else { body };
    let root = Element::read(body)?;
    let text = |at: &Element, name: &str| at.text_of(name).map(str::to_owned);
    let filter = root.child("AssociationFilter");
    Ok(Request::ListDistributionTenants {
        distribution: filter.and_then(|filter| text(filter, "DistributionId")),
        page: Page::new(text(&root, "Marker"), text(&root, "MaxItems"))?,
    })
}

impl Page {
    fn new(marker: Option<String>, size: Option<String>) -> Result<Self, Refusal> {
        let size = size.map_or(Ok(PAGE), |text| {
            let number = text.parse::<usize>().ok().filter(|n| *n > 0);
            number.map(|n| n.min(PAGE)).ok_or_else(|| {
                let message = format!("MaxItems {text:?} is no positive number.");
                Refusal::new(400, "InvalidArgument", message)
            })
        })?;
        Ok(Self {
            after: marker.filter(|marker| !marker.is_empty()),
            size,
        })
    }

    /// The part of a list that is meant, and the marker of the next one.
    pub(super) fn of<'a, T>(
        &self,
        all: impl Iterator<Item = &'a T>,
        id: impl Fn(&T) -> &str,
    ) -> (Vec<&'a T>, Option<String>) {
        let mut all = all.peekable();
        if let Some(marker) = &self.after {
            while all.next().is_some_and(|one| id(one) != marker) {}
        }
        let shown: Vec<&T> = all.by_ref().take(self.size).collect();
        let last = shown.last().map(|one| id(one).to_owned());
        (shown, last.filter(|_| all.peek().is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_begins_after_its_marker_and_an_empty_marker_is_none() {
        let all = ["a", "b", "c"].map(str::to_owned);
        let page = |marker: &str, size: &str| {
            let page = Page::new(Some(marker.to_owned()), Some(size.to_owned())).unwrap();
            let (shown, next) = page.of(all.iter(), |one| one.as_str());
            (shown.into_iter().cloned().collect::<String>(), next)
        };
        assert_eq!(page("", "2"), ("ab".to_owned(), Some("b".to_owned())));
        assert_eq!(page("b", "2"), ("c".to_owned(), None));
        assert_eq!(page("c", "2"), (String::new(), None));
        assert_eq!(page("", "3"), ("abc".to_owned(), None));
    }
}
