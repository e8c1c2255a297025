//! What goes wrong between the parts.

use fastrand::Rng;

use super::Collapsing;

/// Chances of trouble between the parts.
#[derive(Clone, Debug, Default)]
pub struct Trouble {
    /// The function is ended midway, or its process dies.
    pub kill: f64,
    /// The function does its work and the answer is lost.
    pub lose_answer: f64,
    /// Lambda has no room for the function.
    pub lambda_throttle: f64,
    /// A call finds no idle container, and starts with nothing in memory.
    pub cold_start: f64,
    /// CloudFront's control plane does what is asked and its answer is lost.
    pub control_lost: f64,
    /// CloudFront refuses any repetition of a caller reference.
    pub refuses_repetition: bool,
    /// The origin answers 429.
    pub origin_throttle: f64,
    /// The origin answers 500 or 503.
    pub origin_error: f64,
    /// The origin takes longer than CloudFront waits.
    pub origin_hang: f64,
    /// The connection to CloudFront breaks.
    pub reset: f64,
    /// Secrets Manager and Cognito fail or throttle.
    pub identity: f64,
}

impl Trouble {
    pub(super) fn draw(rng: &mut Rng, collapsing: Collapsing) -> Self {
        // Half of the worlds are quiet but for CloudFront's own timing; in the others each part may fail.
        if rng.bool() {
            return Self {
                cold_start: 0.2,
                ..Self::default()
            };
        }
        let mut some = |chance: f64| if rng.u8(..3) == 0 { chance } else { 0.0 };
        // Where the last answer stays, an error that stays tells nothing of how fresh data is.
        let origin = if collapsing == Collapsing::Strict {
            1.0
        } else {
            0.0
        };
        Self {
            kill: some(0.15),
            lose_answer: some(0.1),
            lambda_throttle: some(0.1),
            cold_start: some(0.5),
            control_lost: some(0.2),
            origin_throttle: some(0.1) * origin,
            origin_error: some(0.1) * origin,
            origin_hang: some(0.05) * origin,
            reset: some(0.05),
            identity: some(0.15),
            refuses_repetition: rng.bool(),
        }
    }

    /// Whether all is quiet but for CloudFront's own timing. A cold start is no trouble.
    pub(super) fn is_none(&self) -> bool {
        let chances = [
            self.kill,
            self.lose_answer,
            self.lambda_throttle,
            self.control_lost,
            self.origin_throttle,
            self.origin_error,
            self.origin_hang,
            self.reset,
            self.identity,
        ];
        chances.iter().all(|chance| *chance == 0.0)
    }
}
