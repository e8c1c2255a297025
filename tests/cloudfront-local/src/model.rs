//! The model: what CloudFront does, as plain state. Time comes in as a value and chance from one seeded
//! generator, so the same code runs behind sockets and in a simulation with virtual time.

mod cache;
mod cache_key;
mod directives;
mod distribution;
mod fetch;
mod freshness;
mod invalidation;
mod network;
mod object;
mod pattern;
mod place;
mod policy;
mod profile;
mod propagation;
mod rate;
mod refusal;
mod request;
mod staleness;
mod tag;
mod time;
mod world;

pub use cache::Cache;
pub use cache_key::CacheKey;
pub(crate) use cache_key::SIGNED_COOKIES;
pub use distribution::{
    Behavior, CustomOrigin, Distribution, EdgeEvent, EdgeFunctionId, ErrorPage, Origin,
    OriginGroup, Signer, Tenant,
};
pub use fetch::{Completion, FetchId, Finished, Ticket};
pub use freshness::{Lifetime, lifetime, varies_on_everything, withheld};
pub use invalidation::{Batch, Invalidation, InvalidationStatus, Invalidations, Target};
pub use network::{FoundCopy, Lookup, Network};
pub use object::{Copy, Object, StoredResponse};
pub use pattern::PathPattern;
pub(crate) use pattern::matches_glob;
pub use place::{Place, Pop, Route};
pub use policy::{
    CachePolicy, CorsConfig, HeaderForwarding, OriginRequestPolicy, ResponseHeadersPolicy,
    Selection,
};
pub use profile::{Profile, ProfileName};
pub use propagation::{Item, Purge};
pub use refusal::{Refusal, ReplayForm};
pub use request::ViewerRequest;
pub use staleness::{Staleness, staleness};
pub use tag::{Tag, parse_tags};
pub use time::Time;
pub use world::World;
