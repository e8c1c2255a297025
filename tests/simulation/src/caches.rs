//! What lies in the caches before a run, and which of it has to be there at the end.

use std::sync::Arc;
use std::time::Duration;

use cloudfront_local::model::{CacheKey, Lookup, Object, Place, Pop, StoredResponse};
use http::{HeaderMap, HeaderValue};
use warmfront::tenant::TenantId;

use crate::scenario::POPS;
use crate::world::{OTHER_DISTRIBUTION_TENANT, OTHER_TENANT, World, key, owner};

/// Old data in some places, before anything happens, and what no run is for.
pub fn fill(world: &World) {
    for target in &world.targets {
        let tags = tags(world, &world.tenant, &target.path);
        if world.chance(0.5) {
            continue;
        }
        for name in POPS {
            if !world.chance(0.5) {
                store(world, name, &target.key, &tags);
            }
        }
    }
    for (key, tags) in bystanders(world) {
        for name in POPS {
            store(world, name, &key, &tags);
        }
    }
}

fn store(world: &World, pop: &str, key: &CacheKey, tags: &str) {
    let now = world.now();
    let route = world.route(Pop::named(pop).expect("the model has it"));
    let cloudfront = &mut world.state().cloudfront;
    let Lookup::Fetch { ticket, .. } = cloudfront.lookup(&route, key, now) else {
        return;
    };
    let mut headers = HeaderMap::new();
    headers.insert("cache-tag", tags.parse().expect("tags are ASCII"));
    headers.insert("x-data-version", HeaderValue::from(1));
    let response = StoredResponse {
        status: 200,
        headers,
        body: bytes::Bytes::new(),
    };
    let day = Duration::from_hours(24);
    let object = Arc::new(Object::new(response, Some("cache-tag"), now, now, day));
    let network = &mut cloudfront.network;
    network.complete(ticket.fetch, Some(&object), true, now, || true);
}

/// Where copies lie that no run is to touch.
#[must_use]
pub fn untouchable(world: &World) -> Vec<(Place, CacheKey)> {
    let all_scoped = world
        .scenario
        .refreshes
        .iter()
        .all(|refresh| refresh.scope.is_some());
    let is_left_alone = |key: &CacheKey| {
        let target = world.targets.iter().position(|target| target.key == *key);
        target.is_none_or(|target| all_scoped && !world.is_in_scope(0, target))
    };
    let state = world.state();
    let copies = state.cloudfront.network.copies();
    copies
        .filter(|(_, key, _)| is_left_alone(key))
        .map(|(place, key, _)| (place.clone(), key.clone()))
        .collect()
}

/// Notes which of these copies are gone.
pub fn look_after(world: &World, untouchable: &[(Place, CacheKey)]) {
    let state = &mut *world.state();
    let network = &state.cloudfront.network;
    let copies: Vec<_> = network
        .copies()
        .map(|(place, key, _)| (place, key))
        .collect();
    let is_gone = |(place, key): &&(Place, CacheKey)| !copies.contains(&(place, key));
    let gone = untouchable.iter().filter(is_gone);
    let gone = gone.map(|(place, key)| format!("{} at {place:?}", key.target()));
    state.history.gone.extend(gone);
}

/// Another tenant's object, and another distribution tenant's object with the very tags of this one.
fn bystanders(world: &World) -> Vec<(CacheKey, String)> {
    let scenario = &world.scenario;
    let endpoint = scenario.contract.endpoints.last().expect("there is one");
    let of = |owner: &str, tenant: &TenantId| {
        let path = endpoint.path_for(tenant);
        let tags = tags(world, tenant, &path);
        (key(owner, &world.policy, &path, tenant, "en"), tags)
    };
    let other = TenantId::parse(OTHER_TENANT).expect("a tenant id");
    let mut bystanders = vec![of(owner(scenario), &other)];
    if scenario.distribution_tenant.is_some() {
        bystanders.push(of(OTHER_DISTRIBUTION_TENANT, &world.tenant));
    }
    bystanders
}

fn tags(world: &World, tenant: &TenantId, path: &str) -> String {
    let tags = world.scenario.contract.response_tags(tenant, path, None);
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    tags.join(",")
}
