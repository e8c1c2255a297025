//! The step *prewarm*: the check before the purge, then one function call's share of the requests
//! after it.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::Instant;
use warmfront::clock::Clock;
use warmfront::message::{
    Invalidation, InvalidationReport, Mode, Next, PrewarmRequest, PrewarmResponse, Progress, Purge,
    Remaining, Run, WarmRequest,
};
use warmfront::plan::Plan;
use warmfront::step::Step;

use crate::batch::{Batch, Ended, MARGIN};
use crate::config::Config;
use crate::error::PrewarmError;
use crate::identity::Identity;
use crate::outcome::{Decision, Standing, begin_anew};
use crate::ports::Ports;
use crate::preflight::Preflight;

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
            PrewarmRequest::Preflight(request) => {
                let preflight = Preflight {
                    config: &self.config,
                    ports: &*self.ports,
                    identity: &self.identity.for_call(deadline - MARGIN),
                };
                preflight.run(&request.execution, deadline).await
            }
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
        let begun = Instant::now();
        let WarmRequest {
            run,
            mut progress,
            invalidation,
            execution,
        } = request;
        let plan = Plan::resume(&self.config.contract, &self.config.base_url, &run)?;
        if let Some(invalidation) = &invalidation {
            note(&mut progress, invalidation);
        }
        if is_redriven(
            &mut progress,
            invalidation.as_ref(),
            execution.redrive_count,
        ) {
            start_over(&mut progress, run.mode);
            if let Some(invalidation) = &invalidation {
                return Ok(purge_again(run, progress, invalidation));
            }
        }
        if progress.condemned.is_some() {
            return Err(self.standing(&run, &plan).wrong_tenant(&progress));
        }
        let batch = Batch {
            config: &self.config,
            ports: &*self.ports,
            identity: &self.identity.for_call(deadline - MARGIN),
            run: &run,
            plan: &plan,
            purged_at: invalidation.as_ref().map(|purge| purge.create_time),
            begun,
            deadline,
        };
        let ended = batch.run(&mut progress).await;
        check_login(&ended)?;
        match self.standing(&run, &plan).decide(&mut progress)? {
            Decision::PurgeAgain => {
                let invalidation = invalidation.expect("only a run that purges does so again");
                Ok(purge_again(run, progress, &invalidation))
            }
            Decision::GoOn => Ok(go_on(run, progress, invalidation, ended.not_before)),
            Decision::Finish(report) => Ok(PrewarmResponse {
                next: Next::Finished,
                run: None,
                progress: None,
                purge: None,
                not_before: None,
                report: Some(*report),
            }),
        }
    }

    fn standing<'a>(&'a self, run: &'a Run, plan: &'a Plan) -> Standing<'a> {
        Standing {
            config: &self.config,
            run,
            plan,
            now: self.ports.clock().now(),
        }
    }
}

/// Ends the run if its login was refused: nobody sends that password another time. Another failure
/// ends the call only if it found out nothing else; otherwise its findings are handed on, and the
/// next call logs in.
fn check_login(ended: &Ended) -> Result<(), PrewarmError> {
    match &ended.login_failure {
        Some(failure) if !ended.acted || !failure.may_pass() => Err(failure.clone().into()),
        Some(cause) => {
            tracing::warn!(%cause, "handing on what remains");
            Ok(())
        }
        None => Ok(()),
    }
}

/// Keeps the invalidation for the report; a step may be repeated.
fn note(progress: &mut Progress, invalidation: &Invalidation) {
    progress
        .invalidations
        .retain(|noted| noted.id != invalidation.id);
    progress.invalidations.push(InvalidationReport {
        id: invalidation.id.clone(),
        status: invalidation.status,
        seconds: invalidation.seconds,
    });
}

/// Whether the execution was redriven since its requests were begun. Hours may lie before a redrive,
/// and nobody knows what was cached meanwhile.
fn is_redriven(
    progress: &mut Progress,
    invalidation: Option<&Invalidation>,
    redrive_count: u32,
) -> bool {
    let purged = invalidation.map_or(0, |invalidation| invalidation.redrive_count);
    let begun = progress.redrive_count.max(purged);
    progress.redrive_count = redrive_count;
    redrive_count > begun
}

fn start_over(progress: &mut Progress, mode: Mode) {
    tracing::info!("redriven: beginning again with every target");
    let fresh = |target| Remaining {
        target,
        purpose: mode.first_purpose(),
        ..Remaining::default()
    };
    begin_anew(progress, |row| fresh(row.target));
    for target in &mut progress.remaining {
        *target = fresh(target.target);
    }
    progress.repairs = 0;
    progress.idle_calls = 0;
    progress.condemned = None;
}

/// Targets are left for another call.
fn go_on(
    run: Run,
    progress: Progress,
    invalidation: Option<Invalidation>,
    not_before: Option<Timestamp>,
) -> PrewarmResponse {
    PrewarmResponse {
        next: not_before.map_or(Next::Prewarm, |_| Next::Wait),
        run: Some(run),
        progress: Some(progress),
        purge: invalidation.map(|invalidation| Purge::Made { invalidation }),
        not_before,
        report: None,
    }
}

fn purge_again(run: Run, progress: Progress, last: &Invalidation) -> PrewarmResponse {
    PrewarmResponse {
        next: Next::InvalidateAgain,
        run: Some(run),
        progress: Some(progress),
        purge: Some(Purge::Due {
            ordinal: last.ordinal + 1,
        }),
        not_before: None,
        report: None,
    }
}
