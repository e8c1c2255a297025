//! One simulated world: the model of CloudFront, the origin, the service user, and what happened.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use cloudfront_local::model::{
    self, CacheKey, CachePolicy, Distribution, FetchId, Pop, Route, Selection, Time, ViewerRequest,
};
use fastrand::Rng;
use warmfront::clock::Clock;
use warmfront::tenant::TenantId;

use crate::clock::VirtualClock;
use crate::data_plane::Waiting;
use crate::history::{Answer, History, Read, RunId};
use crate::identity::Identity;
use crate::origin::Origin;
use crate::scenario::{POPS, Scenario};

/// The distribution's id.
pub const DISTRIBUTION: &str = "E1SIMULATED";
/// The tenant whose responses are refreshed.
pub const TENANT: &str = "acme";
/// Another tenant, whose data may come where this one's is asked for.
pub const OTHER_TENANT: &str = "globex";
/// A distribution tenant that no run is for.
pub const OTHER_DISTRIBUTION_TENANT: &str = "dt_2other";
/// Room for everything: evictions are not what is looked at here.
const CAPACITY: usize = 1 << 30;

/// One endpoint in one variant, as caches know it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Path and query.
    pub path: String,
    /// Index of the endpoint in the contract.
    pub endpoint: usize,
    /// The variant's value.
    pub variant: String,
    /// What a browser of the variant sends.
    pub send: String,
    /// Its cache key.
    pub key: CacheKey,
}

/// One simulated world.
#[derive(Debug)]
pub struct World {
    /// What was decided beforehand.
    pub scenario: Scenario,
    /// Its time.
    pub clock: VirtualClock,
    /// Whose responses.
    pub tenant: TenantId,
    /// What readers and the prewarmer ask for.
    pub targets: Vec<Target>,
    /// How answers are cached.
    pub policy: CachePolicy,
    state: Mutex<State>,
}

/// What changes.
#[derive(Debug)]
pub struct State {
    /// CloudFront.
    pub cloudfront: model::World,
    /// Chance.
    pub rng: Rng,
    /// The origin.
    pub origin: Origin,
    /// Secrets Manager and Cognito.
    pub identity: Identity,
    /// What happened.
    pub history: History,
    /// Who waits for which fetch.
    pub waiting: HashMap<FetchId, Waiting>,
}

impl World {
    /// A world at its beginning; must be called where time is virtual.
    #[must_use]
    pub fn new(scenario: Scenario, traced: bool) -> Arc<Self> {
        let mut rng = Rng::with_seed(scenario.seed);
        let tenant = TenantId::parse(TENANT).expect("a tenant id");
        let policy = policy();
        let targets = targets(&scenario, &tenant, &policy);
        let mut cloudfront = model::World::new(
            vec![distribution(&scenario)],
            scenario.profile.clone(),
            CAPACITY,
            rng.u64(..),
        );
        let tenants = scenario.distribution_tenant.into_iter();
        for id in tenants.chain([OTHER_DISTRIBUTION_TENANT]) {
            let tenant = model::Tenant {
                id: id.to_owned(),
                name: id.to_owned(),
                resource_tags: std::collections::BTreeMap::new(),
                distribution: DISTRIBUTION.to_owned(),
                domains: vec![format!("{id}.example.com")],
            };
            cloudfront.tenants.insert(tenant.id.clone(), tenant);
        }
        Arc::new(Self {
            clock: VirtualClock::start(rng.u64(..1000)),
            state: Mutex::new(State {
                cloudfront,
                origin: Origin::new(&scenario, &mut rng),
                identity: Identity::new(&scenario),
                rng,
                history: History {
                    redrives: vec![0; scenario.refreshes.len()],
                    trace: traced.then(Vec::new),
                    ..History::default()
                },
                waiting: HashMap::new(),
            }),
            tenant,
            targets,
            policy,
            scenario,
        })
    }

    /// What changes. Never held across an await.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while holding it")
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.clock.time()
    }

    /// Draws: true with this chance.
    pub fn chance(&self, chance: f64) -> bool {
        chance > 0.0 && self.state().rng.f64() < chance
    }

    /// Draws a span of milliseconds.
    pub fn span(&self, least: u64, most: u64) -> Duration {
        Duration::from_millis(self.state().rng.u64(least..=most))
    }

    /// Notes an event, where somebody wants to read it.
    pub fn note(&self, what: &dyn Fn() -> String) {
        let mut state = self.state();
        if let Some(trace) = &mut state.history.trace {
            trace.push(format!("{:.3} {}", self.clock.now(), what()));
        }
    }

    /// Whether a run is for a target.
    #[must_use]
    pub fn is_in_scope(&self, run: RunId, target: usize) -> bool {
        let scope = self.scenario.refreshes[run].scope;
        let path = &self.targets[target].path;
        scope.is_none_or(|scope| self.scenario.contract.in_scope(scope, path))
    }

    /// The way of a request that arrives at a POP.
    #[must_use]
    pub fn route(&self, pop: Pop) -> Route {
        Route::through(pop, self.scenario.shield)
    }

    /// Notes what a reader at any POP would be served out of a cache now, target by target.
    pub fn sweep(&self) {
        let now = self.now();
        let mut state = self.state();
        let State {
            cloudfront,
            history,
            ..
        } = &mut *state;
        cloudfront.network.advance(now);
        // A few copies each: looking through them is cheaper than hashing their keys.
        let mut copies = vec![Vec::new(); self.targets.len()];
        for (place, key, copy) in cloudfront.network.copies() {
            let target = self.targets.iter().position(|target| target.key == *key);
            if let Some(target) = target.filter(|_| copy.object.is_fresh(now)) {
                copies[target].push((place, copy));
            }
        }
        for name in POPS {
            let pop = Pop::named(name).expect("the model has it");
            let route = self.route(pop);
            for (target, copies) in copies.iter().enumerate() {
                let found = route.places.iter().enumerate().find_map(|(tier, place)| {
                    let (_, copy) = copies.iter().find(|(at, _)| *at == place)?;
                    Some((tier, *copy))
                });
                if let Some((tier, copy)) = found {
                    history.reads.push(Read {
                        asked: now,
                        target,
                        answer: Answer::from_copy(pop, copy, tier, now),
                    });
                }
            }
        }
    }
}

fn policy() -> CachePolicy {
    CachePolicy {
        default_ttl: Duration::from_hours(24),
        max_ttl: Duration::from_hours(168),
        headers: vec!["x-organization-id".to_owned(), "x-locale-bucket".to_owned()],
        queries: Selection::Only(vec!["organization".to_owned()]),
        gzip: true,
        ..CachePolicy::default()
    }
}

fn distribution(scenario: &Scenario) -> Distribution {
    Distribution {
        id: DISTRIBUTION.to_owned(),
        logical_id: "Distribution".to_owned(),
        domain_name: "d1simulated.cloudfront.net".to_owned(),
        tag_header: Some(scenario.contract.tag_header.clone()),
        // What purges need to know of it is its shield.
        origins: vec![model::Origin {
            id: "api".to_owned(),
            domain_name: "api.example.com".to_owned(),
            path: String::new(),
            custom_headers: Vec::new(),
            connection_attempts: 1,
            connection_timeout: Duration::from_secs(10),
            completion_timeout: None,
            shield: scenario.shield.map(str::to_owned),
            custom: None,
        }],
        enabled: true,
        ..Distribution::default()
    }
}

fn targets(scenario: &Scenario, tenant: &TenantId, policy: &CachePolicy) -> Vec<Target> {
    let mut targets = Vec::new();
    for (endpoint, declared) in scenario.contract.endpoints.iter().enumerate() {
        let variant = &scenario.contract.variants[0];
        for value in &variant.values {
            let path = declared.path_for(tenant);
            targets.push(Target {
                key: key(owner(scenario), policy, &path, tenant, &value.value),
                path,
                endpoint,
                variant: value.value.clone(),
                send: variant.request(value).1.to_owned(),
            });
        }
    }
    targets
}

/// Whose the tenant's objects are, for purges.
#[must_use]
pub fn owner(scenario: &Scenario) -> &'static str {
    scenario.distribution_tenant.unwrap_or(DISTRIBUTION)
}

/// The key of a tenant's object in a variant.
#[must_use]
pub fn key(
    owner: &str,
    policy: &CachePolicy,
    path: &str,
    tenant: &TenantId,
    variant: &str,
) -> CacheKey {
    let mut request = ViewerRequest::get(path);
    let headers = &mut request.headers;
    let word = |text: &str| text.parse().expect("a plain word");
    headers.insert("x-organization-id", word(tenant.as_str()));
    headers.insert("x-locale-bucket", word(variant));
    headers.insert(
        http::header::ACCEPT_ENCODING,
        http::HeaderValue::from_static("gzip, deflate, br, zstd"),
    );
    CacheKey::compose(owner, policy, &request)
}
