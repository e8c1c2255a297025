//! Logs: one JSON object per line. Every line has the fields of the step that is running.
//!
//! `docs/logging.md` explains fields and levels. A line at `ERROR` means that the step fails, and is
//! written once. What another crate calls an error becomes a warning, since the step may survive it.
//! Of other crates nothing finer than a warning is written, at any level: some print request headers.

use std::io::Write;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::Environment;

/// Crates whose lines follow the level that is set.
const OWN_TARGETS: &[&str] = &["warmfront", "invalidate", "poll", "prewarm"];

/// The part of the Lambda runtime that writes each failure and each panic a second time, outside
/// the step's span.
const RUNTIMES_ECHO: &str = "lambda_runtime::layers::panic";

/// Lambda's own variable for the level: `TRACE` to `FATAL`, `INFO` when unset or unknown.
pub const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Sends this process's log lines to standard output, a panic's too.
pub fn start(environment: &impl Environment) {
    let lines = JsonLines {
        level: level(environment.variable(LOG_LEVEL).as_deref()),
        out: std::io::stdout,
    };
    // A second call, as in tests that start two steps in one process, keeps the first.
    tracing_subscriber::registry().with(lines).try_init().ok();
    // In the place of the default hook, whose lines know neither tenant nor execution.
    std::panic::set_hook(Box::new(log_panic));
}

/// The level that one of Lambda's names means. `FATAL` is graver than anything written here, and
/// whoever sets it still wants to hear of failures.
fn level(name: Option<&str>) -> Level {
    match name {
        Some(name) if name.eq_ignore_ascii_case("FATAL") => Level::ERROR,
        name => name
            .and_then(|name| name.parse().ok())
            .unwrap_or(Level::INFO),
    }
}

fn log_panic(panic: &std::panic::PanicHookInfo<'_>) {
    tracing::error!(cause = %panic, "step panicked");
}

/// Writes each event as one JSON line, together with the fields of the spans around it.
pub struct JsonLines<W> {
    /// Least severe level that is written for our own crates.
    pub level: Level,
    /// Makes the writer for one line.
    pub out: W,
}

impl<W> JsonLines<W> {
    fn writes(&self, metadata: &Metadata<'_>) -> bool {
        if is_own(metadata) {
            *metadata.level() <= self.level
        } else {
            self.level >= Level::WARN
                && *metadata.level() <= Level::WARN
                && metadata.target() != RUNTIMES_ECHO
        }
    }
}

fn is_own(metadata: &Metadata<'_>) -> bool {
    OWN_TARGETS.iter().any(|own| {
        let rest = metadata.target().strip_prefix(own);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    })
}

impl<S, W, O> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'lookup> LookupSpan<'lookup>,
    W: Fn() -> O + 'static,
    O: Write,
{
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // Our spans carry the fields of every line, so they are kept at any level.
        (metadata.is_span() && metadata.target().starts_with("warmfront")) || self.writes(metadata)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let mut line = Map::new();
        line.insert(
            "timestamp".into(),
            jiff::Timestamp::now().to_string().into(),
        );
        let level = if is_own(metadata) {
            *metadata.level()
        } else {
            Level::WARN
        };
        line.insert("level".into(), level.as_str().into());
        line.insert("target".into(), metadata.target().into());
        for span in context.event_scope(event).into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<Fields>() {
                for (name, value) in &fields.0 {
                    // The innermost span comes first and wins.
                    line.entry(name.clone()).or_insert_with(|| value.clone());
                }
            }
        }
        let mut own = Fields::default();
        event.record(&mut own);
        line.extend(own.0);
        let mut bytes = Value::Object(line).to_string().into_bytes();
        bytes.push(b'\n');
        // A log line that cannot be written has nowhere to be reported.
        (self.out)().write_all(&bytes).ok();
    }
}

/// The fields of one span or event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0
            .insert(field.name().into(), format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().into(), value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().into(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines_of(level: Level, work: impl FnOnce()) -> Vec<Value> {
        let sink = Sink::default();
        let writer = sink.clone();
        let lines = JsonLines {
            level,
            out: move || writer.clone(),
        };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
        let bytes = sink.0.lock().unwrap().clone();
        String::from_utf8(bytes)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[test]
    fn fields_of_the_span_stand_on_every_line() {
        let lines = lines_of(Level::INFO, || {
            let span = tracing::info_span!(
                "step",
                tenant = "acme",
                invalidation = tracing::field::Empty
            );
            let _entered = span.enter();
            tracing::info!("first");
            span.record("invalidation", "I1");
            tracing::info!(count = 2, "second");
        });
        assert_eq!(lines[0]["tenant"], "acme");
        assert_eq!(lines[0]["message"], "first");
        assert!(lines[0].get("invalidation").is_none());
        assert_eq!(lines[1]["invalidation"], "I1");
        assert_eq!(lines[1]["count"], 2);
    }

    #[test]
    fn other_crates_are_heard_from_warnings_up_only() {
        let lines = lines_of(Level::TRACE, || {
            tracing::debug!(target: "hyper", "authorization: Bearer x");
            tracing::warn!(target: "hyper", "connection lost");
            tracing::trace!("ours");
        });
        let messages: Vec<_> = lines
            .iter()
            .map(|line| line["message"].as_str().unwrap())
            .collect();
        assert_eq!(messages, ["connection lost", "ours"]);
    }

    #[test]
    fn what_other_crates_call_an_error_is_a_warning_here() {
        let work = || {
            tracing::error!(target: "aws_smithy_runtime_api", "an error was there already");
            tracing::error!("the step failed");
        };
        let lines = lines_of(Level::INFO, work);
        let levels: Vec<_> = lines.iter().map(|line| &line["level"]).collect();
        assert_eq!(levels, ["WARN", "ERROR"]);
        assert_eq!(lines_of(Level::ERROR, work).len(), 1);
    }

    #[test]
    fn the_runtimes_second_line_of_a_failure_is_not_written() {
        let lines = lines_of(Level::TRACE, || {
            tracing::error!(target: "lambda_runtime::layers::panic", "Diagnostic");
            tracing::warn!(target: "lambda_runtime::layers::api_client", "no connection");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0]["message"], "no connection");
    }

    #[test]
    fn a_panic_is_one_line_with_the_fields_of_the_span() {
        let lines = lines_of(Level::INFO, || {
            let _entered = tracing::info_span!("step", tenant = "acme").entered();
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(log_panic));
            std::panic::catch_unwind(|| panic!("an invariant does not hold")).unwrap_err();
            std::panic::set_hook(before);
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(
            (&lines[0]["level"], &lines[0]["tenant"]),
            (&"ERROR".into(), &"acme".into())
        );
        let cause = lines[0]["cause"].as_str().unwrap();
        assert!(cause.contains("an invariant does not hold"), "{cause}");
    }

    #[test]
    fn lambdas_names_of_levels_are_understood() {
        for (name, expected) in [
            (Some("FATAL"), Level::ERROR),
            (Some("ERROR"), Level::ERROR),
            (Some("TRACE"), Level::TRACE),
            (Some("loud"), Level::INFO),
            (None, Level::INFO),
        ] {
            assert_eq!(level(name), expected, "{name:?}");
        }
    }

    #[test]
    fn span_fields_survive_a_level_above_info() {
        let lines = lines_of(Level::ERROR, || {
            let _entered = tracing::info_span!("step", tenant = "acme").entered();
            tracing::info!("not written");
            tracing::error!("written");
        });
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["tenant"], "acme");
    }
}
