//! How samples are written that others have counted. Owns the form of a counter
//! and a gauge; must not know any of them.

use std::fmt;

use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;

/// A sample's labels.
pub(super) type Labels<'l> = &'l [(&'l str, &'l str)];

/// Where samples go.
pub(super) struct Out<'e>(DescriptorEncoder<'e>);

impl<'e> Out<'e> {
    pub(super) fn new(encoder: DescriptorEncoder<'e>) -> Self {
        Self(encoder)
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, value: f64) -> fmt::Result {
        self.gauges(name, help, &[(&[], value)])
    }

    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        samples: &[(Labels<'_>, f64)],
    ) -> fmt::Result {
        self.samples(name, help, MetricType::Gauge, samples)
    }

    pub(super) fn counter(
        &mut self,
        name: &str,
        help: &str,
        samples: &[(Labels<'_>, f64)],
    ) -> fmt::Result {
        self.samples(name, help, MetricType::Counter, samples)
    }

    pub(super) fn counters_by(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        values: &[(&str, f64)],
    ) -> fmt::Result {
        let labels: Vec<_> = values.iter().map(|(value, _)| [(label, *value)]).collect();
        let samples: Vec<(Labels<'_>, f64)> = labels
            .iter()
            .zip(values)
            .map(|(labels, (_, count))| (labels.as_slice(), *count))
            .collect();
        self.counter(name, help, &samples)
    }

    fn samples(
        &mut self,
        name: &str,
        help: &str,
        kind: MetricType,
        samples: &[(Labels<'_>, f64)],
    ) -> fmt::Result {
        let is_counter = matches!(kind, MetricType::Counter);
        let help = format!("{help}.");
        let mut metric = self.0.encode_descriptor(name, &help, None, kind)?;
        for (labels, value) in samples {
            match (labels.is_empty(), is_counter) {
                (true, true) => metric.encode_counter::<NoLabelSet, _, f64>(value, None)?,
                (true, false) => metric.encode_gauge(value)?,
                (false, true) => metric
                    .encode_family(labels)?
                    .encode_counter::<NoLabelSet, _, f64>(value, None)?,
                (false, false) => metric.encode_family(labels)?.encode_gauge(value)?,
            }
        }
        Ok(())
    }
}
