//! Cognito on one machine: moto's server.

mod users;

use std::{sync::Arc, time::Duration};

use tokio::process::Command;

pub use users::{ServiceLogin, UserPool, Users};

use crate::{
    error::StackError, folders::Folders, localstack::answers, part::Part, port, python::Python,
    reaper::Reaper,
};

const START_WITHIN: Duration = Duration::from_mins(3);

/// A running server.
#[derive(Debug)]
pub(crate) struct Cognito {
    pub(crate) part: Part,
    pub(crate) endpoint: String,
}

impl Cognito {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(
        python: &Python,
        folders: &Folders,
        reaper: &Arc<Reaper>,
    ) -> Result<Self, StackError> {
        let address = port::free()?;
        let mut command = Command::new(python.program("moto_server"));
        command
            .args(["-H", "127.0.0.1", "-p", &address.to_string()])
            .current_dir(folders.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", folders.volume());
        let mut part = Part::start("cognito", command, &folders.logs(), reaper)?;
        let endpoint = format!("http://127.0.0.1:{address}");
        let page = format!("{endpoint}/moto-api/data.json");
        part.ready(START_WITHIN, async || answers(&page).await.then_some(()))
            .await?;
        Ok(Self { part, endpoint })
    }
}
