//! The calls of a run and the ways in which they fail.

use pipeline::{Login, OVERVIEW, Trial};
use serde_json::{Value, json};
use stack::gate::GateFault;

/// Longer than anybody waits.
const SLOW_MS: u64 = 20_000;

/// A call of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    GetSecretValue,
    AdminInitiateAuth,
    Probe,
    GetDistributionConfig,
    CreateInvalidation,
    GetInvalidation,
    Fill,
    Confirm,
}

/// A way in which it fails, every time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Throttled,
    Failing,
    AccessDenied,
    NotFound,
    Reset,
    Hang,
    Malformed,
    SlowBody,
    Truncated,
}

impl Call {
    /// In the order of a run.
    pub(super) const ALL: [Self; 8] = [
        Self::GetSecretValue,
        Self::AdminInitiateAuth,
        Self::Probe,
        Self::GetDistributionConfig,
        Self::CreateInvalidation,
        Self::GetInvalidation,
        Self::Fill,
        Self::Confirm,
    ];

    pub(super) fn is_control_plane(self) -> bool {
        !matches!(self, Self::Probe | Self::Fill | Self::Confirm)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::GetSecretValue => "`GetSecretValue`",
            Self::AdminInitiateAuth => "`AdminInitiateAuth`",
            Self::Probe => "GET of the probe",
            Self::GetDistributionConfig => "`GetDistributionConfig`",
            Self::CreateInvalidation => "`CreateInvalidation`",
            Self::GetInvalidation => "`GetInvalidation`",
            Self::Fill => "GET of an endpoint",
            Self::Confirm => "GET that confirms",
        }
    }
}

impl Fault {
    pub(super) const ALL: [Self; 9] = [
        Self::Throttled,
        Self::Failing,
        Self::AccessDenied,
        Self::NotFound,
        Self::Reset,
        Self::Hang,
        Self::Malformed,
        Self::SlowBody,
        Self::Truncated,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::Failing => "5xx",
            Self::AccessDenied => "access denied",
            Self::NotFound => "not found",
            Self::Reset => "answer lost",
            Self::Hang => "no answer",
            Self::Malformed => "malformed answer",
            Self::SlowBody => "slow body",
            Self::Truncated => "truncated body",
        }
    }

    /// Makes every such call of the tenant, or of the login, fail.
    pub(super) async fn strike(self, t: &Trial, call: Call, login: &Login) {
        match call {
            Call::GetSecretValue | Call::AdminInitiateAuth => {
                let operation = format!("{call:?}");
                t.gate_fault(login.rule(&operation, self.of_gate()).always())
                    .await;
            }
            Call::GetDistributionConfig => {
                // No item tells whose call it is; the client's name does.
                let when = json!({ "header": format!("user-agent:app/{}", t.tenant) });
                t.fault(
                    "GetDistributionConfig",
                    1,
                    0,
                    when,
                    self.of_control_plane(call),
                )
                .await;
            }
            Call::CreateInvalidation | Call::GetInvalidation => {
                t.cloudfront_fault(&format!("{call:?}"), 1, 0, self.of_control_plane(call))
                    .await;
            }
            Call::Probe => {
                t.viewer_fault("/api/version", 1, 0, self.of_data_plane())
                    .await;
            }
            Call::Fill => {
                t.viewer_fault(OVERVIEW, 1, 0, self.of_data_plane()).await;
            }
            Call::Confirm => {
                t.viewer_fault(OVERVIEW, 2, 0, self.of_data_plane()).await;
            }
        }
    }

    fn of_gate(self) -> GateFault {
        match self {
            Self::Throttled => GateFault::Throttled,
            Self::Failing => GateFault::Unavailable { status: 500 },
            Self::AccessDenied => GateFault::AccessDenied,
            Self::NotFound => GateFault::NotFound,
            Self::Reset => GateFault::Reset,
            Self::Hang => GateFault::Hang,
            Self::Malformed => GateFault::Malformed,
            Self::SlowBody => GateFault::SlowBody {
                milliseconds: SLOW_MS,
            },
            Self::Truncated => GateFault::Truncated,
        }
    }

    fn of_control_plane(self, call: Call) -> Value {
        match self {
            Self::Throttled => json!({ "kind": "throttle" }),
            Self::Failing => json!({ "kind": "error", "status": 500, "code": "InternalError" }),
            Self::AccessDenied => json!({ "kind": "error", "status": 403, "code": "AccessDenied" }),
            Self::NotFound if call == Call::GetInvalidation => json!({ "kind": "staleRead" }),
            Self::NotFound => {
                json!({ "kind": "error", "status": 404, "code": "NoSuchDistribution" })
            }
            Self::Reset => json!({ "kind": "lostResponse" }),
            Self::Hang => json!({ "kind": "hang" }),
            Self::Malformed => json!({ "kind": "malformedXml" }),
            Self::SlowBody => json!({ "kind": "slowBody", "ms": SLOW_MS }),
            Self::Truncated => json!({ "kind": "truncatedBody" }),
        }
    }

    fn of_data_plane(self) -> Value {
        match self {
            Self::Throttled => json!({ "kind": "throttle" }),
            Self::Failing => json!({ "kind": "error", "status": 503 }),
            Self::AccessDenied => json!({ "kind": "error", "status": 403 }),
            Self::NotFound => json!({ "kind": "error", "status": 404 }),
            Self::Reset => json!({ "kind": "lostResponse" }),
            Self::Hang => json!({ "kind": "hang" }),
            Self::Malformed => json!({ "kind": "error", "status": 200, "message": "<html>" }),
            Self::SlowBody => json!({ "kind": "slowBody", "ms": SLOW_MS }),
            Self::Truncated => json!({ "kind": "resetMidBody" }),
        }
    }
}
