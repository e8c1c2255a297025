//! The end of a fetch, and who is told of it.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::Fetched;
use crate::data_plane::answer::Answer;
use crate::model::{FetchId, Finished};
use crate::site::Site;

/// What those who wait for a fetch are told.
type Tell = watch::Sender<Option<(Arc<Fetched>, Arc<Finished>)>>;

/// The end of a fetch, still to come: it is entered into the model once, and those who wait are told. If it is dropped,
/// the fetch was given up.
pub(in crate::data_plane) struct Ending {
    site: Arc<Site>,
    id: FetchId,
    tell: Option<Tell>,
}

impl Ending {
    pub(in crate::data_plane) fn new(site: &Arc<Site>, id: FetchId, tell: Tell) -> Self {
        Self {
            site: Arc::clone(site),
            id,
            tell: Some(tell),
        }
    }

    pub(super) fn end(mut self, fetched: Fetched) {
        self.enter(fetched);
    }

    fn enter(&mut self, fetched: Fetched) {
        let Some(tell) = self.tell.take() else {
            return;
        };
        let now = self.site.clock.now();
        let finished = {
            let mut state = self.site.state();
            state.waiting.remove(&self.id);
            let object = fetched.object.as_ref();
            state.world.complete(self.id, object, fetched.shared, now)
        };
        tell.send_replace(Some((Arc::new(fetched), Arc::new(finished))));
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.enter(Fetched::given_up());
    }
}

/// Who began a fetch, and gets its answer while it comes.
pub(in crate::data_plane) type Owner = oneshot::Sender<Answer>;
