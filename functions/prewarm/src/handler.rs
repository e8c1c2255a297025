//! The step *prewarm*: the gate before the purge, then one function call's share of the requests
//! after it.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use warmfront::message::{
    InvalidationReport, Next, PrewarmRequest, PrewarmResponse, Progress, Purge, Run, WarmRequest,
};
use warmfront::step::Step;

use crate::config::Config;
use crate::error::PrewarmError;
use crate::identity::Identity;
use crate::ports::Ports;
use crate::preflight::{Checked, all_remaining};
use crate::settle::{self, Settled};
use crate::warm::Batch;

/// What is kept of the function's time to answer in.
pub const MARGIN: Duration = Duration::from_secs(10);

/// The step *prewarm*.
pub struct Prewarm<P> {
    /// Its settings.
    pub config: Config,
    /// The world outside.
    pub ports: Arc<P>,
    /// The service user.
    pub identity: Identity<P>,
}

impl<P: Ports> Prewarm<P> {
    /// Starts without a token.
    pub fn new(config: Config, ports: P) -> Self {
        let ports = Arc::new(ports);
        Self {
            config,
            identity: Identity::new(Arc::clone(&ports)),
            ports,
        }
    }
}

impl<P: Ports> Step for Prewarm<P> {
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

impl<P: Ports> Prewarm<P> {
    async fn warm(
        &self,
        request: WarmRequest,
        deadline: Instant,
    ) -> Result<PrewarmResponse, PrewarmError> {
        let WarmRequest {
            run,
            mut progress,
            invalidation,
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

        let end = deadline.checked_sub(MARGIN).unwrap_or(deadline);
        let identity = self.identity.for_call(end);
        let batch = Batch {
            step: self,
            run: &run,
            plan: &plan,
            base: &base,
            expected: expected.as_ref(),
            purged_at: invalidation.create_time,
            identity: &identity,
            deadline,
        };
        if let Err(error) = batch.run(&mut progress).await {
            if !(error.after_progress && error.cause.may_pass()) {
                return Err(error.cause.into());
            }
            // What was found out is worth more than the failure: the next call meets it again.
            tracing::warn!(cause = %error.cause, "handing on what remains");
        }
        match settle::settle(&self.config, &run, &plan, &mut progress, self.ports.clock())? {
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
