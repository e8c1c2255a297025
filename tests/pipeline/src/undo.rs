//! What a trial changed on the stack, and how it is taken back.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use crate::Stack;

/// One change.
#[derive(Debug)]
pub(crate) enum Undo {
    Execution(String),
    StateMachine(String),
    Function(String),
    Secret(String),
    User(String),
    CloudFrontFault(u64),
    GateFault(u64),
    OriginFault(u64),
    Evict(String),
    Folder(PathBuf),
}

/// All changes of a trial.
#[derive(Debug, Default)]
pub(crate) struct Undoing(Mutex<Vec<Undo>>);

impl Undoing {
    pub(crate) fn add(&self, undo: Undo) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(undo);
    }

    /// The executions that the trial started.
    pub(crate) fn executions(&self) -> Vec<String> {
        let changes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let started = changes.iter().filter_map(|change| match change {
            Undo::Execution(arn) => Some(arn.clone()),
            _ => None,
        });
        started.collect()
    }

    /// Takes everything back, the last change first. What is gone already is no failure.
    pub(crate) async fn undo(&self, stack: &Stack) {
        let changes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        for change in changes.into_iter().rev() {
            take_back(stack, change).await;
        }
    }
}

async fn take_back(stack: &Stack, change: Undo) {
    match change {
        Undo::Execution(arn) => {
            let _ = stack
                .step_functions
                .stop_execution()
                .execution_arn(arn)
                .send()
                .await;
        }
        Undo::StateMachine(arn) => {
            let _ = stack
                .step_functions
                .delete_state_machine()
                .state_machine_arn(arn)
                .send()
                .await;
        }
        Undo::Function(name) => {
            let _ = stack
                .lambda
                .delete_function()
                .function_name(name)
                .send()
                .await;
        }
        Undo::Secret(name) => {
            let delete = stack.secrets_manager.delete_secret().secret_id(name);
            let _ = delete.force_delete_without_recovery(true).send().await;
        }
        Undo::User(name) => {
            let delete = stack.users.client().admin_delete_user();
            let pool = &stack.state.user_pool.id;
            let _ = delete.user_pool_id(pool).username(name).send().await;
        }
        Undo::CloudFrontFault(id) => {
            let _ = stack.cloudfront.unscript(id).await;
        }
        Undo::GateFault(id) => {
            let _ = stack.gate.unscript(id).await;
        }
        Undo::OriginFault(id) => {
            let _ = stack.origin.unscript(id).await;
        }
        Undo::Evict(tag) => {
            let _ = stack.cloudfront.evict(&tag).await;
        }
        Undo::Folder(folder) => {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}
