//! The prewarmer as a viewer of the distribution.

use cloudfront_local::model::Pop;
use http::header::ACCEPT_LANGUAGE;
use http::{HeaderMap, HeaderValue, StatusCode};
use prewarm::fetch::{BodyWatch, Broken, Fetch, Get, Head};
use secrecy::ExposeSecret;
use tokio::time::Instant;

use super::Port;
use crate::history::{Answer, Asked};
use crate::machine::wait;
use crate::scenario::POPS;
use crate::world::World;

impl Fetch for Port {
    async fn get(&self, get: Get<'_>, body: &mut BodyWatch) -> Result<Head, Broken> {
        let world = &self.world;
        let sent = Instant::now();
        let target = self.target(&get);
        let entry = target.map(|target| self.note_request(target));
        wait(world.span(1, 40)).await;
        let reset = world.chance(world.scenario.trouble.reset);
        if reset && world.chance(0.5) {
            return Err(Broken::connection("the connection was refused"));
        }
        let admitted = world
            .state()
            .identity
            .admits(get.token.expose_secret(), world.now());
        let pop = self.pop();
        let (answer, retry_after) = match target {
            _ if !admitted => (refused_at_edge(pop, world), None),
            Some(target) => world.view(pop, target).await,
            None => (self.probe(pop).await, None),
        };
        wait(world.span(1, 40)).await;
        let waited = sent.elapsed();
        let headers = self.headers(&answer, retry_after);
        body.begin(&headers);
        if reset {
            return Err(Broken::request("the body broke off"));
        }
        if answer.status == 200 {
            let foreign = answer.foreign && !self.sabotage.hides_other_tenants;
            body.chunk(World::body(foreign).as_bytes());
        }
        let status = StatusCode::from_u16(answer.status).expect("a status");
        if let Some(entry) = entry {
            world.note(&|| format!("prewarm got {target:?}: {answer:?}"));
            world.state().history.asked[entry].answer = Some(answer);
        }
        Ok(Head {
            status,
            headers,
            waited,
        })
    }
}

impl Port {
    /// The target that a request is for, as the edge function would find it; nothing for the probe.
    fn target(&self, get: &Get<'_>) -> Option<usize> {
        let language = get.headers.get(ACCEPT_LANGUAGE);
        self.world.targets.iter().position(|target| {
            target.path == get.path
                && language.is_none_or(|language| language.as_bytes() == target.send.as_bytes())
        })
    }

    fn note_request(&self, target: usize) -> usize {
        let asked = Asked {
            run: self.run(),
            call: self.call(),
            target,
            sent: self.world.now(),
            answer: None,
        };
        let asked_before = &mut self.world.state().history.asked;
        asked_before.push(asked);
        asked_before.len() - 1
    }

    fn pop(&self) -> Pop {
        let scenario = &self.world.scenario;
        if !self.world.chance(scenario.wander) {
            return scenario.home;
        }
        let index = self.world.state().rng.usize(..POPS.len());
        Pop::named(POPS[index]).expect("the model has it")
    }

    async fn probe(&self, pop: Pop) -> Answer {
        let answering = {
            let mut state = self.world.state();
            let crate::world::State { origin, rng, .. } = &mut *state;
            origin.probe(self.world.clock.elapsed(), rng)
        };
        wait(answering.takes).await;
        Answer {
            pop: pop.name,
            status: answering.status,
            x_cache: "Miss from cloudfront",
            age: None,
            version: Some(answering.version),
            foreign: false,
            received: self.world.now(),
            late: false,
        }
    }

    fn headers(&self, answer: &Answer, retry_after: Option<u64>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("x-cache", HeaderValue::from_static(answer.x_cache));
        headers.insert("x-amz-cf-pop", HeaderValue::from_static(answer.pop));
        let mut number = |name: &'static str, value: Option<u64>| {
            if let Some(value) = value {
                headers.insert(name, HeaderValue::from(value));
            }
        };
        number("age", answer.age);
        number("retry-after", retry_after);
        let version = answer.version.map(|version| {
            if self.sabotage.forges_version {
                u64::MAX
            } else {
                version
            }
        });
        number("x-data-version", version);
        headers
    }
}

/// What the viewer-request function says to a token that is not valid.
fn refused_at_edge(pop: Pop, world: &World) -> Answer {
    Answer {
        pop: pop.name,
        status: 401,
        x_cache: "LambdaGeneratedResponse from cloudfront",
        age: None,
        version: None,
        foreign: false,
        received: world.now(),
        late: false,
    }
}
