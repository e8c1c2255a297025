//! Runs the real handlers through the real state machine in virtual time, against `cloudfront-local`'s model and
//! models of everything else, with trouble drawn from a seed; and holds what they claim against what happened.
//!
//! A seed is a world: the same seed, the same events. [`check_seed`] looks at one.

pub mod caches;
pub mod clock;
pub mod crowd;
pub mod data_plane;
pub mod history;
pub mod identity;
pub mod lambda;
pub mod machine;
pub mod origin;
pub mod port;
pub mod promise;
pub mod sabotage;
pub mod scenario;
pub mod simulation;
pub mod world;

use std::sync::LazyLock;

use machine::Definition;
use promise::{Tally, breaches};
use sabotage::Sabotage;
use scenario::Scenario;
use simulation::happen;

/// The state machine that is deployed.
pub static DEFINITION: LazyLock<Definition> = LazyLock::new(|| {
    let text = include_str!("../../../statemachine/refresh.asl.json");
    Definition::parse(text).expect("the interpreter knows all that the state machine says")
});

/// A world in which something was promised and not held.
#[derive(Debug)]
pub struct Broken {
    /// Its seed.
    pub seed: u64,
    /// What is wrong, one sentence each.
    pub breaches: Vec<String>,
    /// What happened, one line each.
    pub trace: Vec<String>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.trace {
            writeln!(f, "{line}")?;
        }
        for breach in &self.breaches {
            writeln!(f, "WRONG: {breach}")?;
        }
        write!(
            f,
            "seed {seed}: again with `cargo run -p simulation -- --seed {seed}`",
            seed = self.seed
        )
    }
}

/// Lets the world of a seed happen and looks for what is wrong.
pub fn check_seed(seed: u64, tally: &mut Tally) -> Result<(), Box<Broken>> {
    check(&Scenario::draw(seed), Sabotage::default(), tally)
}

/// Lets a world happen, perhaps sabotaged, and looks for what is wrong.
pub fn check(
    scenario: &Scenario,
    sabotage: Sabotage,
    tally: &mut Tally,
) -> Result<(), Box<Broken>> {
    let ending = happen(&DEFINITION, scenario.clone(), sabotage, false);
    if breaches(&ending, tally).is_empty() {
        return Ok(());
    }
    // Once more, for the reader.
    let ending = happen(&DEFINITION, scenario.clone(), sabotage, true);
    Err(Box::new(Broken {
        seed: scenario.seed,
        breaches: breaches(&ending, &mut Tally::default()),
        trace: ending
            .world
            .state()
            .history
            .trace
            .take()
            .unwrap_or_default(),
    }))
}

/// What happens in the world of a seed, one line each.
#[must_use]
pub fn trace(seed: u64) -> Vec<String> {
    let ending = happen(&DEFINITION, Scenario::draw(seed), Sabotage::default(), true);
    let mut state = ending.world.state();
    state.history.trace.take().unwrap_or_default()
}
