//! `demo`: what Warmfront does for the first person who opens a dashboard after a data refresh, shown and checked.

mod report;
mod table;

use std::{path::Path, process::ExitCode, time::Instant};

use serde_json::json;
use stack::{Browser, Options, Page, Stack, StackError, Tenant};

use super::{narrator::Narrator, refresh, show};
use report::{Check, EndpointRow, Report};

const TENANT: &str = "acme";
const OTHER_TENANT: &str = "globex";
const OLD_VERSION: &str = "1";
const NEW_VERSION: &str = "2";

/// Shows it on a stack of its own, which is gone afterwards.
pub(crate) async fn demo(options: &Options, file: &Path) -> Result<ExitCode, StackError> {
    let narrator = Narrator::new();
    super::with_stack(options, &narrator, async |supervisor| {
        let stack = Stack::of(supervisor.state().clone());
        let report = act(&stack, &narrator).await?;
        report.write(file)?;
        show(&table::of(&report));
        show(&format!("report: {}", file.display()));
        for check in report.checks.iter().filter(|check| !check.holds) {
            show(&format!("NOT TRUE: {}", check.what));
        }
        Ok(if report.holds() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    })
    .await
}

/// A tenant and the browser of its user.
struct Person {
    tenant: Tenant,
    browser: Browser,
}

impl Person {
    async fn of(stack: &Stack, tenant: &str) -> Result<Self, StackError> {
        let tenant = stack.create_tenant(tenant).await?;
        stack.origin.set_version(&tenant.id, OLD_VERSION).await?;
        let browser = stack.browser(&tenant).await?;
        Ok(Self { tenant, browser })
    }

    async fn opens_the_dashboard(
        &self,
        when: &str,
        narrator: &Narrator,
    ) -> Result<Vec<Page>, StackError> {
        let wait = narrator.wait(
            &format!("{} opens the dashboard {when}", self.tenant.user),
            None,
        );
        let pages = self.browser.load_dashboard().await?;
        for page in &pages {
            let cache = page.header("x-cache").unwrap_or("no x-cache");
            let version = page.version().unwrap_or("none");
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

async fn act(stack: &Stack, narrator: &Narrator) -> Result<Report, StackError> {
    let person = Person::of(stack, TENANT).await?;
    let other = Person::of(stack, OTHER_TENANT).await?;
    let first = person
        .opens_the_dashboard("for the first time", narrator)
        .await?;
    let again = person.opens_the_dashboard("again", narrator).await?;
    other
        .opens_the_dashboard("for the first time", narrator)
        .await?;
    let other_before = stack.origin.requests(OTHER_TENANT).await?.len();

    narrator.say(&format!(
        "the data of {TENANT} changes: version {NEW_VERSION}"
    ));
    stack.origin.set_version(TENANT, NEW_VERSION).await?;
    let without = person
        .opens_the_dashboard("after the change, without Warmfront", narrator)
        .await?;

    let input = json!({ "tenant": TENANT, "expectedVersion": NEW_VERSION, "reason": "demo" });
    let began = Instant::now();
    let execution = refresh::show(stack, &input, narrator).await?;
    let wall = began.elapsed();
    let after = person
        .opens_the_dashboard("after the change, with Warmfront", narrator)
        .await?;
    let other_after = other.opens_the_dashboard("afterwards", narrator).await?;
    let other_requests = stack.origin.requests(OTHER_TENANT).await?.len() - other_before;

    let output = execution.output.clone().unwrap_or_default();
    let rows = first
        .iter()
        .zip(&without)
        .zip(&after)
        .map(|((first, without), after)| EndpointRow {
            path: first.path.clone(),
            verdict: report::verdict(&output, &first.path),
            cold_ms: report::millis(first.elapsed),
            without_ms: report::millis(without.elapsed),
            without_version: without.version().unwrap_or_default().to_owned(),
            after_ms: report::millis(after.elapsed),
            version: after.version().unwrap_or_default().to_owned(),
        });
    let endpoints: Vec<EndpointRow> = rows.collect();
    let still_cached = other_requests == 0 && other_after.iter().all(Page::is_hit);
    let everything_ok = |pages: &[Page]| pages.iter().all(|page| page.status == 200);
    let checks = vec![
        Check::of(
            "every page loaded",
            [&first, &again, &without, &after, &other_after]
                .iter()
                .all(|pages| everything_ok(pages)),
        ),
        Check::of(
            "the first load came from the origin",
            first.iter().all(|page| !page.is_hit()),
        ),
        Check::of(
            "the second load came from the cache",
            again.iter().all(Page::is_hit),
        ),
        Check::of(
            "without Warmfront the changed data did not show",
            without
                .iter()
                .all(|page| page.version() == Some(OLD_VERSION)),
        ),
        Check::of("the execution succeeded", execution.succeeded()),
        Check::of("its outcome is fresh", output["outcome"] == "fresh"),
        Check::of(
            "every endpoint's verdict is fresh",
            endpoints.iter().all(|row| row.verdict == "fresh"),
        ),
        Check::of(
            "after it every page came from the cache",
            after.iter().all(Page::is_hit),
        ),
        Check::of(
            "after it every page is new",
            after.iter().all(|page| page.version() == Some(NEW_VERSION)),
        ),
        Check::of(
            "after it every page was faster than at first",
            endpoints.iter().all(|row| row.after_ms < row.cold_ms),
        ),
        Check::of("the other tenant's pages stayed cached", still_cached),
    ];
    Ok(Report {
        outcome: output["outcome"].as_str().unwrap_or("failed").to_owned(),
        tenant: TENANT.to_owned(),
        wall_ms: report::millis(wall),
        endpoints,
        other_tenant: report::OtherTenant {
            tenant: OTHER_TENANT.to_owned(),
            still_cached,
        },
        checks,
    })
}
