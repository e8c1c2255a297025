//! No token, password or secret is written anywhere.

use std::path::Path;

use pipeline::{Function, Login, MARK, Pipeline, Trial, fresh_password, trial};
use serde_json::{Value, json};

use crate::overview;

/// What every password of the stack's own users begins with.
const STACK_PASSWORDS: &str = "Local-1-";

/// What must not be written: marks of passwords, and every value of every secret there is.
async fn secrets(t: &Trial) -> Vec<String> {
    let mut secrets = vec![MARK.to_owned(), STACK_PASSWORDS.to_owned()];
    let list = t.stack.secrets_manager.list_secrets().send().await.unwrap();
    for secret in list.secret_list() {
        let get = t
            .stack
            .secrets_manager
            .get_secret_value()
            .secret_id(secret.arn().unwrap());
        // Other tests' secrets may be gone by now.
        let Ok(found) = get.send().await else {
            continue;
        };
        let value: Value =
            serde_json::from_str(&found.secret_string.unwrap_or_default()).unwrap_or_default();
        let fields =
            ["password", "clientSecret"].map(|field| value[field].as_str().map(str::to_owned));
        secrets.extend(fields.into_iter().flatten().filter(|text| text.len() > 6));
    }
    secrets
}

/// Where in a text a secret or a token stands, with what stands before it.
fn found<'t>(text: &'t str, secrets: &[String]) -> Option<&'t str> {
    let secret = secrets.iter().find_map(|secret| text.find(secret.as_str()));
    let at = secret.or_else(|| token(text))?;
    let from = text[..at]
        .char_indices()
        .rev()
        .nth(120)
        .map_or(0, |(index, _)| index);
    Some(&text[from..at])
}

/// Where a JSON web token begins: two parts of base64 that begin as JSON objects do.
fn token(text: &str) -> Option<usize> {
    text.match_indices("eyJ").map(|(at, _)| at).find(|&at| {
        let part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let rest = text[at..].trim_start_matches(part);
        rest.starts_with(".eyJ")
    })
}

fn scan_files(folder: &Path, secrets: &[String]) -> usize {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files += scan_files(&path, secrets);
        } else {
            let bytes = std::fs::read(&path).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            assert_eq!(
                found(&text, secrets),
                None,
                "after this, in {}",
                path.display()
            );
            files += 1;
        }
    }
    files
}

/// Looks at every event of every execution of every state machine that is still there.
async fn scan_executions(t: &Trial, secrets: &[String]) -> usize {
    let client = &t.stack.step_functions;
    let machines = client.list_state_machines().send().await.unwrap();
    let mut executions = 0;
    for machine in machines.state_machines() {
        let list = client
            .list_executions()
            .state_machine_arn(machine.state_machine_arn());
        let Ok(list) = list.send().await else {
            continue;
        };
        for execution in list.executions() {
            let Ok(history) = t.stack.history(execution.execution_arn()).await else {
                continue;
            };
            let text = format!("{history:?}");
            assert_eq!(
                found(&text, secrets),
                None,
                "in {}",
                execution.execution_arn()
            );
            executions += 1;
        }
    }
    executions
}

#[test]
fn nothing_that_the_stack_wrote_holds_a_secret() {
    trial(async |t| {
        // Runs that succeed, fail at the login, and fail after it, as chatty as the functions can be.
        let login = Login::new(t).await;
        let chatty = || {
            Function::prewarm()
                .set("SECRET_ID", &login.name)
                .set("AWS_LAMBDA_LOG_LEVEL", "trace")
        };
        let own = Pipeline::with(t, vec![chatty()]).await;
        t.start(&own.state_machine, json!({ "expectedVersion": "1" }))
            .await
            .ended()
            .await
            .report();
        let path = "/api/inventory";
        t.origin_fault(
            path,
            1,
            0,
            stack::origin::OriginFault::Status { status: 401 },
        )
        .await;
        let refused = t
            .start(&own.state_machine, json!({ "endpoints": [path] }))
            .await
            .ended()
            .await;
        refused.failed("Prewarm", "PrewarmIncomplete");
        login.set_password(t, &fresh_password()).await;
        let fresh = Pipeline::with(t, vec![chatty()]).await;
        t.start(&fresh.state_machine, overview())
            .await
            .ended()
            .await
            .failed("Preflight", "LoginRefused");
        login
            .write(t, &format!("not JSON but {}", fresh_password()))
            .await;
        t.start(&fresh.state_machine, overview())
            .await
            .ended()
            .await
            .failed("Preflight", "SecretMalformed");

        let secrets = secrets(t).await;
        assert!(
            secrets.len() > 3,
            "the deployed secret's values are among them"
        );
        let files = scan_files(&t.stack.state.logs, &secrets);
        assert!(files > 8, "{files} files are too few");
        let executions = scan_executions(t, &secrets).await;
        assert!(executions >= 4, "{executions} executions are too few");
        let history = t.cloudfront().history(&[]).await.unwrap();
        assert_eq!(
            found(&json!(history).to_string(), &secrets),
            None,
            "in cloudfront-local's history"
        );
    });
}

#[test]
fn the_scan_finds_what_it_looks_for() {
    let secrets = [format!("{MARK}-1")];
    assert!(found(&format!("password {MARK}-1"), &secrets).is_some());
    assert!(found("Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", &[]).is_some());
    assert_eq!(
        found("eyJhbGciOiJSUzI1NiJ9 alone, and nothing else", &secrets),
        None
    );
}
