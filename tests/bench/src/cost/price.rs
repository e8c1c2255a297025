//! Prices, and the bill of a run.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use super::shape::Shape;
use crate::error::{BenchError, During};

/// Bytes of a gigabyte, as CloudFront bills it.
const GIGABYTE: f64 = 1e9;

/// What things cost, in US dollars.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Prices {
    invalidation_path: Price,
    state_transition: Price,
    lambda_request: Price,
    lambda_gigabyte_second: Price,
    edge_request: Price,
    edge_gigabyte_second: Price,
    https_request: Price,
    gigabyte_out: Price,
    secret_call: Price,
}

#[derive(Debug, Deserialize)]
struct Price {
    price: f64,
}

#[derive(Debug, Deserialize)]
struct Sheet {
    prices: Prices,
}

impl Prices {
    /// Reads the file.
    pub(super) fn load(file: &Path) -> Result<Self, BenchError> {
        let what = || format!("{} could not be read", file.display());
        let text = fs::read(file).during(what)?;
        let sheet: Sheet = serde_json::from_slice(&text).during(what)?;
        Ok(sheet.prices)
    }

    /// What each service asks for one run.
    pub(super) fn bill(&self, shape: &Shape) -> Vec<(&'static str, f64)> {
        let calls = f64::from(shape.invocations());
        let edge = &shape.edge;
        vec![
            (
                "invalidation",
                f64::from(shape.paths) * self.invalidation_path.price,
            ),
            (
                "Step Functions",
                f64::from(shape.transitions) * self.state_transition.price,
            ),
            (
                "Lambda",
                calls * self.lambda_request.price
                    + shape.gigabyte_seconds() * self.lambda_gigabyte_second.price,
            ),
            (
                "Lambda@Edge",
                edge.invocations() * self.edge_request.price
                    + edge.gigabyte_seconds() * self.edge_gigabyte_second.price,
            ),
            (
                "CloudFront",
                edge.requests * self.https_request.price
                    + edge.bytes / GIGABYTE * self.gigabyte_out.price,
            ),
            ("Secrets Manager", self.secret_call.price),
        ]
    }
}
