//! From OpenMetrics to Prometheus's older text format, for tools that read only
//! that. Owns the differences: counters are called as their samples are, and
//! nothing says where the text ends.

/// The same metrics, in text format 0.0.4.
pub(super) fn from_open_metrics(text: &str) -> String {
    let mut classic = String::with_capacity(text.len());
    let mut help = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            help = rest.split_once(' ');
            continue;
        }
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|rest| rest.split_once(' '))
        {
            let total = if kind == "counter" { "_total" } else { "" };
            if let Some((_, help)) = help.take() {
                classic.push_str(&format!("# HELP {name}{total} {help}\n"));
            }
            classic.push_str(&format!("# TYPE {name}{total} {kind}\n"));
            continue;
        }
        classic.push_str(line);
        classic.push('\n');
    }
    classic
}

#[cfg(test)]
mod tests {
    use super::from_open_metrics;

    #[test]
    fn counters_get_their_samples_name() {
        let text = "# HELP a Some help.\n# TYPE a counter\na_total{b=\"c\"} 1\n\
                    # HELP d Other help.\n# UNIT d seconds\n# TYPE d gauge\nd 2\n# EOF\n";
        let classic = "# HELP a_total Some help.\n# TYPE a_total counter\na_total{b=\"c\"} 1\n\
                       # HELP d Other help.\n# TYPE d gauge\nd 2\n";
        assert_eq!(from_open_metrics(text), classic);
    }
}
