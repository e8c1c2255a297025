//! `demo`: what becomes of the first person who opens a dashboard after a data refresh, shown in three ways and checked.

mod check;
mod report;
mod table;

use std::{
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use serde_json::json;
use stack::{Browser, Execution, Options, Page, Stack, StackError, Tenant};

use super::{narrator::Narrator, refresh, show, summary};
use report::Report;

const TENANT: &str = "acme";
const OTHER_TENANT: &str = "globex";

/// Shows it on a stack of its own, which is gone afterwards.
pub(crate) async fn demo(options: &Options, file: &Path) -> Result<ExitCode, StackError> {
    let narrator = Narrator::new();
    super::with_stack(options, &narrator, async |supervisor| {
        let stack = Stack::of(supervisor.state().clone());
        let seen = act(&stack, &narrator).await?;
        let report = Report::of(&seen);
        report.write(file)?;
        if let Some(execution) = seen.execution.as_ref().filter(|run| !run.succeeded()) {
            show(&format!("\n{}", summary::of(execution)));
        }
        show(&table::of(&report));
        show(&format!("report: {}", file.display()));
        Ok(if report.holds() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
    .await
}

/// Loads of the dashboard, and the run between them.
#[derive(Default)]
pub(super) struct Seen {
    /// The data versions that come one after the other.
    versions: [String; 3],
    first: Vec<Page>,
    again: Vec<Page>,
    /// After a change of data, with nothing done.
    no_purge: Vec<Page>,
    /// After that, with everything purged.
    purge_only: Vec<Page>,
    /// After another change, with a run of Warmfront.
    warmfront: Vec<Page>,
    execution: Option<Execution>,
    wall: Duration,
    other_afterwards: Vec<Page>,
    /// How often the origin was asked for the other tenant's pages meanwhile.
    other_requests: usize,
}

/// A tenant and the browser of its user.
struct Person<'a> {
    tenant: Tenant,
    browser: Browser,
    narrator: &'a Narrator,
}

impl<'a> Person<'a> {
    async fn of(stack: &Stack, tenant: &str, narrator: &'a Narrator) -> Result<Self, StackError> {
        let tenant = stack.create_tenant(tenant).await?;
        let browser = stack.browser(&tenant).await?;
        Ok(Self {
            tenant,
            browser,
            narrator,
        })
    }

    async fn opens_the_dashboard(&self, when: &str) -> Result<Vec<Page>, StackError> {
        let what = format!("{} opens the dashboard {when}", self.tenant.user);
        let wait = self.narrator.wait(&what, None);
        let pages = self.browser.load_dashboard().await?;
        for page in &pages {
            let cache = page.header("x-cache").unwrap_or("no x-cache");
            let version = page.version.as_deref().unwrap_or("none");
            let millis = page.elapsed.as_millis();
            wait.say(&format!(
                "  {:<54} {} {cache:<20} {millis:>6} ms  data version {version}",
                page.path, page.status
            ));
        }
        wait.done();
        Ok(pages)
    }
}

async fn act(stack: &Stack, narrator: &Narrator) -> Result<Seen, StackError> {
    let versions = [1, 2, 3].map(|nth| stack.state.contract.nth_version(nth));
    let [old, second, third] = &versions;
    let change = async |version: &str| {
        narrator.say(&format!("the data of {TENANT} changes: version {version}"));
        stack.origin.set_version(TENANT, version).await
    };
    let person = Person::of(stack, TENANT, narrator).await?;
    let other = Person::of(stack, OTHER_TENANT, narrator).await?;
    stack.origin.set_version(TENANT, old).await?;
    let mut seen = Seen {
        first: person.opens_the_dashboard("for the first time").await?,
        ..Seen::default()
    };
    if seen.first.iter().any(|page| page.status != 200) {
        // Nothing of what follows could be seen.
        return Ok(Seen { versions, ..seen });
    }
    seen.again = person.opens_the_dashboard("again").await?;
    other.opens_the_dashboard("for the first time").await?;
    let other_before = stack.origin.requests(OTHER_TENANT).await?.len();

    change(second).await?;
    seen.no_purge = person.opens_the_dashboard("after no purge").await?;
    let wait = narrator.wait(&format!("purging {TENANT}, and nothing else"), None);
    stack.purge(TENANT).await?;
    wait.done();
    seen.purge_only = person.opens_the_dashboard("after the purge").await?;

    change(third).await?;
    let input = json!({ "tenant": TENANT, "expectedVersion": third, "reason": "demo" });
    let began = Instant::now();
    seen.execution = Some(refresh::show(stack, &input, narrator).await?);
    seen.wall = began.elapsed();
    seen.warmfront = person.opens_the_dashboard("after Warmfront").await?;
    seen.other_afterwards = other.opens_the_dashboard("afterwards").await?;
    seen.other_requests = stack.origin.requests(OTHER_TENANT).await?.len() - other_before;
    Ok(Seen { versions, ..seen })
}
