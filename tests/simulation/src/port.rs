//! The world as a function of one container sees it: every port of every handler.

mod control_plane;
mod identity;
mod viewer;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use warmfront::service_fault::{FaultKind, ServiceFault};

use crate::history::RunId;
use crate::machine::wait;
use crate::sabotage::Sabotage;
use crate::world::World;

/// What a container has to reach the world.
#[derive(Clone, Debug)]
pub struct Port {
    world: Arc<World>,
    /// For which call it works at the moment.
    serves: Arc<AtomicUsize>,
    sabotage: Sabotage,
}

impl Port {
    /// The world, as one new container sees it.
    #[must_use]
    pub fn new(world: Arc<World>, sabotage: Sabotage) -> Self {
        Self {
            world,
            serves: Arc::default(),
            sabotage,
        }
    }

    /// Begins to work for a call, by its index in the history.
    pub fn serve(&self, call: usize) {
        self.serves.store(call, Ordering::Relaxed);
    }

    fn call(&self) -> usize {
        self.serves.load(Ordering::Relaxed)
    }

    /// The execution that made the call.
    fn run(&self) -> RunId {
        self.world.state().history.calls[self.call()].run
    }

    /// The way to a service of AWS.
    async fn travel(&self) {
        wait(self.world.span(5, 200)).await;
    }
}

fn unavailable(message: &str) -> ServiceFault {
    ServiceFault {
        kind: FaultKind::Unavailable,
        code: String::new(),
        message: message.to_owned(),
        request_id: None,
    }
}
