//! What the model needs to know of a viewer's request.

use http::{HeaderMap, Method};

/// A viewer's request, as it stands after the viewer-request function.
#[derive(Clone, Debug)]
pub struct ViewerRequest {
    /// Method.
    pub method: Method,
    /// Path as sent, still percent-encoded.
    pub path: String,
    /// Query string as sent, without `?`.
    pub query: Option<String>,
    /// Headers.
    pub headers: HeaderMap,
}

impl ViewerRequest {
    /// A plain GET of a path with an optional query.
    #[must_use]
    pub fn get(target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            method: Method::GET,
            path: path.to_owned(),
            query,
            headers: HeaderMap::new(),
        }
    }

    /// Path with query.
    #[must_use]
    pub fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// A header's value, several joined by comma; nothing if it is absent or not text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self
            .headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .collect();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// Name and value of each cookie, in order.
    pub fn cookies(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .get_all(http::header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .map(str::trim)
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }
}
