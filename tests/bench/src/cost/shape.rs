//! What a run asks of each service: ours, and the common shape of such a pipeline.

use serde_json::Value;

use crate::error::BenchError;
use crate::part::Part;

/// Seconds until CloudFront reports a purge done. 95 of 100 are within 25 s (AWS's launch post).
const COMPLETION: f64 = 15.0;
/// Seconds of the origin for one answer.
const ANSWER: f64 = 5.0;
/// Bytes of an answer, compressed.
const ANSWER_BYTES: f64 = 180.0 * 1024.0;
/// Endpoints of the contract.
pub(super) const ENDPOINTS: u32 = 5;
/// Endpoints in each of two variants.
const TARGETS: u32 = 10;
/// Requests at a time: the function's default.
const CONCURRENCY: u32 = 4;
/// Seconds of one call to an AWS API.
const API_CALL: f64 = 0.15;
/// Memory in GB of a function that calls APIs, and of one that requests pages.
const SMALL: f64 = 0.125;
const LARGE: f64 = 0.25;
/// GB of a Lambda@Edge function, seconds for a token, seconds for a tag.
const EDGE: f64 = 0.125;
const AUTHORIZED: f64 = 0.005;
const TAGGED: f64 = 0.002;

/// Seconds from exec to the first answer, as measured.
#[derive(Debug)]
pub(super) struct Starts {
    ours: [f64; 3],
    python: [f64; 3],
}

impl Starts {
    /// From what was found of the cold start, over TLS.
    pub(super) fn of(part: &Part) -> Result<Self, BenchError> {
        let start = |function: &str, contestant: &str| {
            let median = |what: &str| part.median(&format!("{function}, tls: {what}"), contestant);
            let millis = median("ready").zip(median("first"));
            let (ready, first) = millis.ok_or_else(|| {
                BenchError::new(format!("no start of {function} in {contestant}"))
            })?;
            Ok::<f64, BenchError>((ready + first) / 1e3)
        };
        let all = |contestant: &str| {
            Ok::<_, BenchError>([
                start("invalidate", contestant)?,
                start("poll", contestant)?,
                start("prewarm", contestant)?,
            ])
        };
        Ok(Self {
            ours: all("warmfront")?,
            python: all("python")?,
        })
    }
}

/// Calls of one function.
#[derive(Debug)]
struct Calls {
    count: u32,
    gigabytes: f64,
    /// Of all of them.
    seconds: f64,
}

/// What the edge does.
#[derive(Debug)]
pub(super) struct Edge {
    /// Requests to CloudFront.
    pub(super) requests: f64,
    /// Bytes that it sends.
    pub(super) bytes: f64,
    /// Answers of the origin that are tagged.
    tagged: f64,
}

impl Edge {
    /// Invocations of the edge functions.
    pub(super) fn invocations(&self) -> f64 {
        self.requests + self.tagged
    }

    /// Their GB-seconds.
    pub(super) fn gigabyte_seconds(&self) -> f64 {
        EDGE * (self.requests * AUTHORIZED + self.tagged * TAGGED)
    }
}

/// What a run asks of each service.
#[derive(Debug)]
pub(super) struct Shape {
    /// Column of the table.
    pub(super) name: &'static str,
    /// Invalidation paths, a tag being one.
    pub(super) paths: u32,
    /// State transitions.
    pub(super) transitions: u32,
    /// What the edge does.
    pub(super) edge: Edge,
    calls: Vec<Calls>,
}

impl Shape {
    /// Our own: preflight, invalidate, poll, prewarm.
    pub(super) fn warmfront(definition: &Value, starts: &Starts) -> Result<Self, BenchError> {
        let [invalidate, poll, prewarm] = starts.ours;
        let requests = f64::from(2 * TARGETS);
        let waves = f64::from(TARGETS.div_ceil(CONCURRENCY));
        let once = |gigabytes, seconds| Calls {
            count: 1,
            gigabytes,
            seconds,
        };
        Ok(Self {
            name: "warmfront",
            paths: 1,
            transitions: passed(definition, &["Invalidate", "Prewarm", "Done"])?,
            edge: Edge {
                // The probe before.
                requests: requests + 1.0,
                bytes: requests * ANSWER_BYTES,
                tagged: f64::from(TARGETS),
            },
            calls: vec![
                // Secret, login and probe. The process stays for the prewarm.
                once(LARGE, prewarm + 3.0 * API_CALL),
                once(SMALL, invalidate + 2.0 * API_CALL),
                once(SMALL, poll + COMPLETION),
                once(LARGE, waves * ANSWER),
            ],
        })
    }

    /// Wait, look and choose until it is done; one request after the other. It purges a tag, or a
    /// path for each endpoint.
    pub(super) fn common(
        name: &'static str,
        paths: u32,
        pause: f64,
        definition: &Value,
        starts: &Starts,
    ) -> Result<Self, BenchError> {
        let [invalidate, look, prewarm] = starts.python;
        let mut looks = 1;
        while f64::from(looks) * pause < COMPLETION {
            looks += 1;
        }
        let targets = f64::from(TARGETS);
        let mut ways = vec!["Wait"; looks as usize - 1];
        ways.push("Prewarm");
        Ok(Self {
            name,
            paths,
            transitions: passed(definition, &ways)?,
            edge: Edge {
                requests: targets,
                bytes: targets * ANSWER_BYTES,
                tagged: 0.0,
            },
            calls: vec![
                Calls {
                    count: 1,
                    gigabytes: SMALL,
                    seconds: invalidate + API_CALL,
                },
                Calls {
                    count: looks,
                    gigabytes: SMALL,
                    seconds: look + f64::from(looks) * API_CALL,
                },
                Calls {
                    count: 1,
                    gigabytes: LARGE,
                    seconds: prewarm + 2.0 * API_CALL + targets * ANSWER,
                },
            ],
        })
    }

    /// Lambda invocations.
    pub(super) fn invocations(&self) -> u32 {
        self.calls.iter().map(|calls| calls.count).sum()
    }

    /// Lambda's GB-seconds.
    pub(super) fn gigabyte_seconds(&self) -> f64 {
        let each = self.calls.iter();
        each.map(|calls| calls.gigabytes * calls.seconds).sum()
    }
}

/// How many states a run passes that goes these ways at its choices.
fn passed(definition: &Value, ways: &[&str]) -> Result<u32, BenchError> {
    let mut ways = ways.iter();
    let mut state = definition["StartAt"].as_str();
    let mut passed = 0;
    while let Some(name) = state {
        passed += 1;
        let found = &definition["States"][name];
        state = found["Next"].as_str();
        if found["Type"] == "Choice" {
            let way = ways.next().copied();
            let others = found["Choices"].as_array().into_iter().flatten();
            let leads = others.map(|choice| &choice["Next"]);
            state = way.filter(|way| leads.chain([&found["Default"]]).any(|next| next == way));
            if state.is_none() {
                return Err(BenchError::new(format!("{name} does not lead to {way:?}")));
            }
        }
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STARTS: Starts = Starts {
        ours: [0.01; 3],
        python: [0.5; 3],
    };

    fn definition(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_run_without_trouble_takes_eight_transitions() {
        let ours = definition(include_str!("../../../../statemachine/refresh.asl.json"));
        assert_eq!(Shape::warmfront(&ours, &STARTS).unwrap().transitions, 8);
    }

    #[test]
    fn each_further_look_of_a_loop_is_three_transitions() {
        let common = include_str!("../../peers/common-shape/common-shape.asl.json");
        let common = definition(common);
        let seldom = Shape::common("seldom", 1, 20.0, &common, &STARTS).unwrap();
        let often = Shape::common("often", 1, 3.0, &common, &STARTS).unwrap();
        assert_eq!(seldom.transitions, 5);
        assert_eq!(often.transitions, 5 + 4 * 3);
        assert_eq!((seldom.invocations(), often.invocations()), (3, 7));
    }

    #[test]
    fn a_way_that_a_choice_does_not_have_is_refused() {
        let common = include_str!("../../peers/common-shape/common-shape.asl.json");
        assert!(passed(&definition(common), &["Done"]).is_err());
    }
}
