//! The step *prewarm*: the gate before the purge, then one function call's share of the requests
//! after it.

use std::time::Duration;

use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{
    InvalidationReport, Next, PrewarmRequest, PrewarmResponse, Progress, Purge, Run, WarmRequest,
};
use warmfront::step::Step;

use crate::config::Config;
use crate::error::PrewarmError;
use crate::fetch::Fetch;
use crate::login::{AdminInitiateAuth, LoginError};
use crate::preflight::{Checked, all_remaining};
use crate::secret::GetSecretValue;
use crate::session::Session;
use crate::settle::{self, Settled};
use crate::warm::Batch;

/// What is kept of the function's time to answer in.
pub const MARGIN: Duration = Duration::from_secs(10);

/// The step *prewarm*.
pub struct Prewarm<F, S, L, K> {
    /// Its settings.
    pub config: Config,
    /// Requests to the distribution.
    pub fetch: F,
    /// The service user's token.
    pub session: Session<S, L, K>,
    /// The time of day, to compare with CloudFront's.
    pub clock: K,
}

impl<F: Fetch, S: GetSecretValue, L: AdminInitiateAuth, K: Clock> Step for Prewarm<F, S, L, K> {
    type Request = PrewarmRequest;
    type Response = PrewarmResponse;
    type Error = PrewarmError;

    async fn handle(
        &self,
        request: PrewarmRequest,
        deadline: Instant,
    ) -> Result<PrewarmResponse, PrewarmError> {
        match request {
            PrewarmRequest::Preflight(request) => self.preflight(request, deadline).await,
            PrewarmRequest::Prewarm(request) => self.warm(*request, deadline).await,
        }
    }
}

impl<F: Fetch, S: GetSecretValue, L: AdminInitiateAuth, K: Clock> Prewarm<F, S, L, K> {
    async fn warm(
        &self,
        request: WarmRequest,
        deadline: Instant,
    ) -> Result<PrewarmResponse, PrewarmError> {
        let WarmRequest {
            run,
            mut progress,
            invalidation,
            retry_count,
            execution,
        } = request;
        note(&mut progress, &invalidation);
        let Checked {
            plan,
            expected,
            base,
        } = self.check(&run)?;

        // Hours may lie before a redrive: what was cached in between is anyone's guess.
        if execution.redrive_count > invalidation.redrive_count {
            tracing::info!("redriven: purging and warming everything again");
            progress.remaining = all_remaining(&plan);
            progress.rows.clear();
            progress.repairs = 0;
            progress.idle_calls = 0;
            progress.condemned = None;
            progress.next_purge = invalidation.ordinal + 1;
            return Ok(answer(Next::Invalidate, run, progress));
        }
        if let Some(condemned) = progress.condemned {
            return Err(PrewarmError::WrongTenant {
                tenant: run.tenant,
                condemned,
            });
        }

        let logins = std::mem::take(&mut progress.logins);
        let tries = &self.session.tries;
        let budget = tries.begin(logins, &execution, retry_count);
        let batch = Batch {
            step: self,
            run: &run,
            plan: &plan,
            base: &base,
            expected: expected.as_ref(),
            purged_at: invalidation.create_time,
            budget: &budget,
            deadline,
        };
        let ended = batch.run(&mut progress).await;
        tries.end(&budget);
        progress.logins = budget.logins();
        if let Err(error) = ended {
            match error.cause {
                cause @ LoginError::Later => {
                    tracing::info!(%cause, "handing on what remains, with a permit to log in");
                }
                // What was found out is worth more than the failure: the next call meets it again.
                cause if error.after_progress => {
                    tracing::warn!(%cause, "handing on what remains");
                }
                cause => return Err(cause.into()),
            }
            progress.logins = budget.with_permit();
        }
        match settle::settle(&self.config, &run, &plan, &mut progress, &self.clock)? {
            Settled::Condemned | Settled::Repair => {
                progress.next_purge = invalidation.ordinal + 1;
                Ok(answer(Next::Invalidate, run, progress))
            }
            Settled::Unfinished => Ok(PrewarmResponse {
                purge: Some(Purge { invalidation }),
                ..answer(Next::Prewarm, run, progress)
            }),
            Settled::Finished(report) => Ok(PrewarmResponse {
                report: Some(*report),
                ..answer(Next::Finished, run, progress)
            }),
        }
    }
}

fn answer(next: Next, run: Run, progress: Progress) -> PrewarmResponse {
    PrewarmResponse {
        next,
        run,
        progress,
        purge: None,
        report: None,
    }
}

/// Keeps the invalidation for the report; a step may be repeated.
fn note(progress: &mut Progress, invalidation: &warmfront::message::Invalidation) {
    progress
        .invalidations
        .retain(|noted| noted.id != invalidation.id);
    progress.invalidations.push(InvalidationReport {
        id: invalidation.id.clone(),
        status: invalidation.status,
        seconds: invalidation.seconds,
    });
}
