//! Logs: one JSON object per line, with the fields of the step that is running on every line.
//!
//! Field names and levels: `docs/logging.md`. Of other crates only warnings and errors are
//! written, whatever the level: at finer levels some of them print request headers.

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

/// Lambda's own variable for the level: `TRACE` to `ERROR`, `INFO` when unset or unknown.
pub const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Sends this process's log lines to standard output.
pub fn start(environment: &impl Environment) {
    let level = environment
        .variable(LOG_LEVEL)
        .and_then(|level| level.parse().ok())
        .unwrap_or(Level::INFO);
    let lines = JsonLines {
        level,
        out: std::io::stdout,
    };
    // A second call, as in tests that start two steps in one process, keeps the first.
    tracing_subscriber::registry().with(lines).try_init().ok();
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
        let target = metadata.target();
        let own = OWN_TARGETS.iter().any(|own| {
            target
                .strip_prefix(own)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        *metadata.level()
            <= if own {
                self.level
            } else {
                Level::WARN.min(self.level)
            }
    }
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
        line.insert("level".into(), metadata.level().as_str().into());
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
