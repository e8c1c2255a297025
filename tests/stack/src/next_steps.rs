//! What a person can do with a stack that is up, as commands for a shell in the project's folder.

use std::path::Path;

use crate::{aws, error::StackError, folders, folders::USUAL, python::Python, state::State};

const TENANT: &str = "acme";

/// One thing to do.
#[derive(Clone, Debug)]
pub struct NextStep {
    /// What for.
    pub what: &'static str,
    /// The command.
    pub command: String,
}

impl State {
    /// What can be done with this stack.
    pub fn next_steps(&self) -> Result<Vec<NextStep>, StackError> {
        let folders = folders::Folders::of(&self.name)?;
        let make = |what, targets: &str| NextStep {
            what,
            command: folders.make(targets),
        };
        let own = std::env::current_exe().map_err(StackError::io("find this program"))?;
        // A test of these commands is another program than the one that they name.
        let launcher = self.running.programs.keys().find(|program| {
            program
                .file_name()
                .is_some_and(|name| name == "warmfront-stack")
        });
        let launcher = shell(launcher.unwrap_or(&own));
        let name = match self.name.as_str() {
            USUAL => String::new(),
            name => format!(" --name {name}"),
        };
        let endpoint = self.contract.endpoints.first();
        let page = endpoint.map_or_else(|| "/".to_owned(), |endpoint| endpoint.of(TENANT));
        let (origin, base, next) = (
            &self.endpoints.origin_control,
            &self.base_url,
            self.contract.nth_version(2),
        );
        let aws = aws_cli()?;
        let distribution = &self.distribution_id;
        let with_aws = |call: &str| format!("eval \"$({launcher} env{name})\" && {aws} {call}");
        let step = |what, command| NextStep { what, command };
        Ok(vec![
            step(
                "look at a page as a tenant's user",
                format!(
                    "curl -sSi -H \"authorization: Bearer $({launcher} token{name} {TENANT})\" '{base}{page}'"
                ),
            ),
            step(
                "change the tenant's data",
                format!(
                    "curl -sSf -X PUT -H 'content-type: application/json' -d '{{\"version\":\"{next}\"}}' {origin}/tenants/{TENANT}"
                ),
            ),
            make(
                "refresh the tenant",
                &format!("run TENANT={TENANT} VERSION={next}"),
            ),
            step(
                "see the runs with the AWS CLI",
                with_aws(
                    "stepfunctions list-executions --state-machine-arn \"$STATE_MACHINE_ARN\"",
                ),
            ),
            step(
                "and the purges",
                with_aws(&format!(
                    "cloudfront list-invalidations --distribution-id {distribution}"
                )),
            ),
            make("put in functions that you changed", "stack-refresh"),
            make("take it down", "stack-down"),
        ])
    }

    /// Names and values of the variables that point the AWS CLI and the SDKs at this stack.
    #[must_use]
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let endpoints = &self.endpoints;
        let mut variables: Vec<_> = aws::CREDENTIALS
            .map(|(name, value)| (name, value.to_owned()))
            .into();
        variables.extend([
            ("AWS_ENDPOINT_URL", endpoints.localstack.clone()),
            ("AWS_ENDPOINT_URL_CLOUDFRONT", endpoints.cloudfront.clone()),
            (
                "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
                endpoints.cognito.clone(),
            ),
            ("AWS_S3_FORCE_PATH_STYLE", "1".to_owned()),
            ("AWS_PAGER", String::new()),
            ("STATE_MACHINE_ARN", self.pipeline.state_machine_arn.clone()),
        ]);
        variables
    }
}

/// The machine's own AWS CLI, else the one that came with LocalStack.
fn aws_cli() -> Result<String, StackError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|folder| folder.join("aws").is_file()) {
        return Ok("aws".to_owned());
    }
    Ok(shell(&Python::installed()?.program("aws")))
}

/// Relative to the project, where it lies there, and quoted where a shell asks for it.
fn shell(program: &Path) -> String {
    let shown = program.strip_prefix(folders::project()).unwrap_or(program);
    let shown = shown.display().to_string();
    if shown.contains(|c: char| !(c.is_ascii_alphanumeric() || "/._-".contains(c))) {
        format!("'{}'", shown.replace('\'', r"'\''"))
    } else {
        shown
    }
}
