//! One running stand-in: the model, and what its listeners share.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::clock::Clock;
use crate::data_plane::Told;
use crate::edge_function::EdgeFunctions;
use crate::fault::{Call, Effect, Faults, Operation};
use crate::history::{Entry, History};
use crate::model::{Distribution, FetchId, World};
use crate::options::OriginAddress;
use crate::template::App;

/// What all listeners share.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) clock: Clock,
    pub(crate) origins: Vec<OriginAddress>,
    pub(crate) edge: EdgeFunctions,
    /// What a changed configuration may refer to.
    pub(crate) app: App,
    state: Mutex<State>,
    faults: Mutex<Faults>,
    history: Mutex<History>,
}

/// The model, and who waits for which fetch.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) waiting: HashMap<FetchId, Told>,
    /// POPs that a test took down.
    pub(crate) pops_down: Vec<String>,
}

impl Site {
    pub(crate) fn new(
        world: World,
        origins: Vec<OriginAddress>,
        edge: EdgeFunctions,
        app: App,
    ) -> Self {
        Self {
            clock: Clock::default(),
            origins,
            edge,
            app,
            state: Mutex::new(State {
                world,
                waiting: HashMap::new(),
                pops_down: Vec::new(),
            }),
            faults: Mutex::default(),
            history: Mutex::default(),
        }
    }

    /// A distribution as it is configured at the moment.
    pub(crate) fn current(&self, distribution: &Arc<Distribution>) -> Arc<Distribution> {
        let state = self.state();
        let found = state.world.distributions.get(&distribution.id);
        Arc::clone(found.unwrap_or(distribution))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("nothing panics while it holds the model")
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults
            .lock()
            .expect("nothing panics while it holds the faults")
    }

    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history
            .lock()
            .expect("nothing panics while it holds the history")
    }

    pub(crate) fn strike(&self, operation: Operation, call: Call<'_>) -> Option<(u64, Effect)> {
        self.faults().strike(operation, call)
    }

    pub(crate) fn record(&self, entry: Entry) {
        self.history().push(entry);
    }
}
