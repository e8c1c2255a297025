//! LocalStack and Cognito with nothing deployed on them: what every stack begins with.

use std::{
    fs::{self, File},
    sync::Arc,
};

use crate::{
    cognito::Cognito, error::StackError, folders::Folders, localstack::LocalStack,
    options::Options, part::Part, python::Python, reaper::Reaper, state::State,
};

/// Both, ready to be called.
#[derive(Debug)]
pub struct Platform {
    pub(crate) folders: Folders,
    pub(crate) reaper: Arc<Reaper>,
    pub(crate) parts: Vec<Part>,
    /// LocalStack's endpoint.
    pub localstack: String,
    /// Cognito's endpoint.
    pub cognito: String,
    _lock: File,
}

impl Platform {
    /// Starts both unless they run already; `say` is told what takes time.
    ///
    /// When it fails or is dropped before it is done, what was started is ended.
    pub async fn start(options: &Options, say: &impl Fn(&str)) -> Result<Self, StackError> {
        let folders = Folders::of(&options.name)?;
        let lock = take(&folders)?;
        folders.renew()?;
        let python = Python::install(say).await?;
        let reaper = Arc::new(Reaper::start(&python.program("python"))?);
        say("starting LocalStack and Cognito");
        let (localstack, cognito) = tokio::try_join!(
            localstack(options, &python, &folders, &reaper),
            cognito(options, &python, &folders, &reaper),
        )?;
        let parts = localstack.0.into_iter().chain(cognito.0).collect();
        Ok(Self {
            folders,
            reaper,
            parts,
            localstack: localstack.1,
            cognito: cognito.1,
            _lock: lock,
        })
    }

    /// Where the functions' output goes: a folder per function, a file per execution environment.
    #[must_use]
    pub fn function_logs(&self) -> std::path::PathBuf {
        self.folders.functions()
    }

    /// Ends what was started, last things first.
    pub async fn stop(mut self) {
        while let Some(mut part) = self.parts.pop() {
            part.stop().await;
        }
        self.folders.keep_logs_only();
    }
}

/// The part, unless it runs already, and its endpoint.
type Started = (Option<Part>, String);

async fn localstack(
    options: &Options,
    python: &Python,
    folders: &Folders,
    reaper: &Arc<Reaper>,
) -> Result<Started, StackError> {
    if let Some(endpoint) = &options.localstack {
        return Ok((None, endpoint.clone()));
    }
    let started = LocalStack::start(python, folders, reaper).await?;
    Ok((Some(started.part), started.endpoint))
}

async fn cognito(
    options: &Options,
    python: &Python,
    folders: &Folders,
    reaper: &Arc<Reaper>,
) -> Result<Started, StackError> {
    if let Some(endpoint) = &options.cognito {
        return Ok((None, endpoint.clone()));
    }
    let started = Cognito::start(python, folders, reaper).await?;
    Ok((Some(started.part), started.endpoint))
}

/// The lock lives as long as the supervisor: a killed one leaves a state file, but no lock.
fn take(folders: &Folders) -> Result<File, StackError> {
    let failed = || StackError::io(format!("lock {}", folders.lock().display()));
    fs::create_dir_all(folders.root()).map_err(failed())?;
    let lock = File::create(folders.lock()).map_err(failed())?;
    if lock.try_lock().is_err() {
        let pid = State::read(&folders.state()).map_or(0, |state| state.pid);
        let name = folders.name();
        return Err(StackError::AlreadyUp { name, pid });
    }
    let _ = fs::remove_file(folders.state());
    Ok(lock)
}
