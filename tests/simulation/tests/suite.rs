//! Worlds by the thousand. A failure prints its seed and every event of its world.

use simulation::promise::Tally;
use simulation::{check_seed, trace};

/// Worlds per test; the tests run side by side.
const WORLDS: u64 = 2_500;

fn check_block(block: u64) {
    let mut tally = Tally::default();
    for seed in block * WORLDS..(block + 1) * WORLDS {
        if let Err(broken) = check_seed(seed, &mut tally) {
            panic!("{broken}");
        }
    }
    println!("{tally:#?}");
    // A promise that nothing puts to the test proves nothing.
    assert!(tally.reports > tally.runs / 2, "{tally:#?}");
    assert!(tally.overlaps > 0, "{tally:#?}");
    for seen in [
        tally.promises,
        tally.reads_elsewhere,
        tally.repairs,
        tally.stale_answers,
        tally.redrives,
        tally.lost_calls,
        tally.wrong_passwords,
        tally.late_reads,
        tally.scoped,
        tally.wrong_tenants,
    ] {
        assert!(seen > WORLDS / 50, "{tally:#?}");
    }
}

macro_rules! blocks {
    ($($name:ident $block:expr;)*) => { $(
        #[test]
        fn $name() {
            check_block($block);
        }
    )* };
}

blocks! {
    what_a_report_says_holds_0 0;
    what_a_report_says_holds_1 1;
    what_a_report_says_holds_2 2;
    what_a_report_says_holds_3 3;
    what_a_report_says_holds_4 4;
    what_a_report_says_holds_5 5;
    what_a_report_says_holds_6 6;
    what_a_report_says_holds_7 7;
}

#[test]
fn a_seed_is_a_world() {
    for seed in 0..200 {
        assert_eq!(trace(seed), trace(seed), "seed {seed}");
    }
}
