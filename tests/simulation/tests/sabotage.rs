//! The simulation notices what it is for: each way to break the pipeline shows within the suite's number of worlds.

use simulation::check;
use simulation::promise::Tally;
use simulation::sabotage::Sabotage;
use simulation::scenario::{Collapsing, Password, Scenario};

/// Far fewer than the suite looks at.
const WORLDS: u64 = 1_000;

/// Looks for a world in which something of this kind is wrong.
fn assert_found(kind: &str, sabotage: Sabotage, change: fn(&mut Scenario)) {
    let found = (0..WORLDS).any(|seed| {
        let mut scenario = Scenario::draw(seed);
        change(&mut scenario);
        let checked = check(&scenario, sabotage, &mut Tally::default());
        checked.is_err_and(|broken| broken.breaches.iter().any(|breach| breach.contains(kind)))
    });
    assert!(found, "no world of {WORLDS} in which {kind:?}");
}

const OLD_DATA: &str = "is broken by";
const NEEDLESS_FAILURE: &str = "nothing stood in the way";
const COLLATERAL: &str = "and it was purged";

#[test]
fn without_the_version_check_a_run_says_fresh_of_old_data() {
    let sabotage = Sabotage {
        forges_version: true,
        ..Sabotage::default()
    };
    assert_found(OLD_DATA, sabotage, |_| ());
}

#[test]
fn a_run_that_calls_stale_fresh_is_found_out() {
    let sabotage = Sabotage {
        stale_is_success: true,
        ..Sabotage::default()
    };
    assert_found(OLD_DATA, sabotage, |scenario| scenario.stale_repairs = 0);
}

#[test]
fn without_repairs_runs_fail_that_nothing_stood_in_the_way_of() {
    assert_found(NEEDLESS_FAILURE, Sabotage::default(), |scenario| {
        scenario.stale_repairs = 0;
    });
}

#[test]
fn repairs_that_purge_nothing_are_found_out() {
    let sabotage = Sabotage {
        no_repairs: true,
        ..Sabotage::default()
    };
    assert_found(NEEDLESS_FAILURE, sabotage, |_| ());
}

/// Where the last answer stays, what lands after the last confirming request is nobody's to see. The simulation would
/// see such a promise broken, which is why none is made.
#[test]
fn a_promise_where_the_last_answer_stays_would_be_broken() {
    assert_found(OLD_DATA, Sabotage::default(), |scenario| {
        scenario.collapsing = Collapsing::LastAnswerStays;
        scenario.promises_whatever_stays = true;
    });
}

#[test]
fn a_report_that_does_not_say_what_was_answered_is_found_out() {
    let sabotage = Sabotage {
        forges_version: true,
        ..Sabotage::default()
    };
    assert_found("which nobody saw", sabotage, |_| ());
}

#[test]
fn a_scoped_purge_of_everything_is_found_out() {
    let sabotage = Sabotage {
        purges_every_scope: true,
        ..Sabotage::default()
    };
    assert_found(COLLATERAL, sabotage, |_| ());
}

#[test]
fn a_purge_of_every_distribution_tenant_is_found_out() {
    let sabotage = Sabotage {
        purges_every_distribution_tenant: true,
        ..Sabotage::default()
    };
    assert_found(COLLATERAL, sabotage, |_| ());
}

#[test]
fn a_run_that_does_not_see_another_tenants_data_is_found_out() {
    let sabotage = Sabotage {
        hides_other_tenants: true,
        ..Sabotage::default()
    };
    assert_found(
        "with another tenant's data and ended Fresh",
        sabotage,
        |_| (),
    );
}

#[test]
fn another_tenants_data_that_is_not_purged_is_found_out() {
    let sabotage = Sabotage {
        no_repairs: true,
        ..Sabotage::default()
    };
    assert_found("did not purge another tenant's data", sabotage, |_| ());
}

#[test]
fn a_purge_that_leaves_another_tenants_data_is_found_out() {
    let sabotage = Sabotage {
        repairs_purge_nobody: true,
        ..Sabotage::default()
    };
    assert_found("left another tenant's data", sabotage, |_| ());
}

/// In a process that does not know of the refusal, the same passwords are sent again.
#[test]
fn a_refused_login_that_is_repeated_is_found_out() {
    let sabotage = Sabotage {
        repeats_refused_logins: true,
        ..Sabotage::default()
    };
    assert_found("after they were refused", sabotage, |scenario| {
        scenario.password = Password::Wrong;
    });
}
