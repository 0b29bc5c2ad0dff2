"""Holds metrics, alerts and documentation to one another; see scripts/metrics-test."""

import pathlib
import re
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as classic

# Only on PostgreSQL: named in the program all the same.
ELSEWHERE = {
    "grantd_postgres_connections",
    "grantd_postgres_waiting",
    "grantd_postgres_check_round_trips_total",
}
TOP = pathlib.Path(__file__).resolve().parent.parent


def samples(families):
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in families
        for sample in family.samples
        # Time goes on between two scrapes, and buckets fill.
        if not sample.name.endswith("_created")
    }


def main():
    texts = [pathlib.Path(name).read_text() for name in sys.argv[1:3]]
    older, newer = samples(classic(texts[0])), samples(open_metrics(texts[1]))
    assert len(older) > 200, f"only {len(older)} samples"
    only = {name for name, _ in older ^ newer}
    assert not only, f"the two formats differ in {sorted(only)}"
    there = {name for name, _ in older} | ELSEWHERE
    source = (TOP / "crates/server/src/metrics/collect.rs").read_text()
    for name in ELSEWHERE:
        bare = name.removeprefix("grantd_").removesuffix("_total")
        assert f'"{bare}"' in source, f"{name} is not in the program"

    alerts = (TOP / "packaging/prometheus/alerts.yml").read_text()
    operations = (TOP / "docs/operations.md").read_text()
    named = set(re.findall(r"\bgrantd_\w+", alerts))
    assert named <= there, f"alerts name metrics that are not there: {sorted(named - there)}"
    names = set(re.findall(r"alert: (\w+)", alerts))
    documented = set(re.findall(r"\bGrantd[A-Z]\w+", operations))
    assert names == documented, f"alerts and documentation differ: {sorted(names ^ documented)}"
    in_words = set(re.findall(r"`(grantd_\w+)", operations))
    assert in_words, "no metric is documented"
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in there} | there
    assert in_words <= families, f"documented, and not there: {sorted(in_words - families)}"
    unsaid = {re.sub(r"_(bucket|count|sum)$", "", name) for name in there} - in_words
    assert not unsaid, f"there, and not documented: {sorted(unsaid)}"
    print(f"{len(older)} samples, {len(names)} alerts, {len(in_words)} documented metrics")


main()
