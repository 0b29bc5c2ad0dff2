//! Where spans go: to a collector, by OTLP over HTTP. Owns the exporter, its
//! queue and that nothing of it exists without the setting `otlp_endpoint`; what
//! a span may say is for whoever makes one.

use std::sync::Arc;
use std::time::Duration;

use grantd_server::trace::{TraceParent, Tracer};
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::runtime::Tokio;
use opentelemetry_sdk::trace::SdkTracerProvider;
use opentelemetry_sdk::trace::span_processor_with_async_runtime::BatchSpanProcessor;
use tracing::{Span, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::failure::Failure;
use crate::outbound;

/// The target of spans that are for collectors.
const TARGET: &str = "grantd::trace";
/// Where collectors take traces.
const PATH: &str = "v1/traces";
/// How long the last spans may take when the server ends.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// The way to a collector.
pub(crate) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Starts sending to the collector at this URL, in the background of the current runtime.
    ///
    /// # Errors
    /// TLS cannot be set up, or the URL not be called.
    pub(crate) fn start(collector: &Url) -> Result<Self, Failure> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(outbound::client()?)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address(collector))
            .build()
            .map_err(|why| Failure::new(format!("cannot send traces: {why}")))?;
        let resource = Resource::builder_empty().with_attributes([
            KeyValue::new("service.name", "grantd"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
        ]);
        let provider = SdkTracerProvider::builder()
            .with_resource(resource.build())
            .with_span_processor(BatchSpanProcessor::builder(exporter, Tokio).build())
            .build();
        Ok(Self { provider })
    }

    /// What takes spans of the server, and nothing else, to the collector.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'s> LookupSpan<'s>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("grantd"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|about| {
                about.is_span() && about.target() == TARGET
            }))
    }

    /// What goes on with traces of others.
    pub(crate) fn tracer(&self) -> Arc<dyn Tracer> {
        Arc::new(Adopt)
    }

    /// Sends what is left. Not to be called on a thread of the runtime, which must still be there.
    pub(crate) fn end(self) {
        // A collector that is away has cost nobody anything so far.
        let _ = self.provider.shutdown_with_timeout(LAST_WORDS);
    }
}

struct Adopt;

impl Tracer for Adopt {
    fn adopt(&self, span: &Span, parent: TraceParent) {
        let flags = match parent.sampled {
            true => TraceFlags::SAMPLED,
            false => TraceFlags::NOT_SAMPLED,
        };
        let remote = SpanContext::new(
            TraceId::from_bytes(parent.trace.to_be_bytes()),
            SpanId::from_bytes(parent.span.to_be_bytes()),
            flags,
            true,
            TraceState::default(),
        );
        // A span that nobody takes has no parent either.
        let _ = span.set_parent(Context::new().with_remote_span_context(remote));
    }
}

/// The address of a collector's traces; one that names the path already is taken as it is.
fn address(collector: &Url) -> String {
    let base = collector.as_str().trim_end_matches('/');
    if base.ends_with(PATH) {
        return base.to_owned();
    }
    format!("{base}/{PATH}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_have_a_path_of_their_own() {
        for (given, called) in [
            ("http://127.0.0.1:4318", "http://127.0.0.1:4318/v1/traces"),
            ("http://c.example/otlp/", "http://c.example/otlp/v1/traces"),
            ("http://c.example/v1/traces", "http://c.example/v1/traces"),
        ] {
            assert_eq!(address(&given.parse().unwrap()), called);
        }
    }
}
