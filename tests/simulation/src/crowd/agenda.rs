//! What is to happen, in the order of time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Millis;

/// Something that happens to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// Its task's function is invoked.
    Try(u32),
    /// The function calls the service that it is for.
    Call(u32),
    /// The function ends: with success, or an error of this name.
    End(u32, Option<&'static str>),
}

/// What is to come. Of one moment, what was entered first comes first.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    heap: BinaryHeap<Reverse<(Millis, u64, Event)>>,
    entered: u64,
}

impl Agenda {
    pub(super) fn add(&mut self, at: Millis, event: Event) {
        self.entered += 1;
        self.heap.push(Reverse((at, self.entered, event)));
    }

    pub(super) fn next(&mut self) -> Option<(Millis, Event)> {
        self.heap.pop().map(|Reverse((at, _, event))| (at, event))
    }
}
