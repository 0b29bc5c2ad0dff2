"""What was promised, and whether it was kept."""

import statistics


def median(results, key):
    return statistics.median(result[key] for result in results)


def ratio(ones, others, key):
    """The median of the rounds' ratios: what was measured a moment apart is compared."""
    return statistics.median(one[key] / other[key] for one, other in zip(ones, others) if other[key])


class Targets:
    """Lines of the list, in its order."""

    def __init__(self):
        self.lines = []

    def most(self, point, what, value, bound, unit="×", also=""):
        self.lines.append({"point": point, "what": what, "value": value, "bound": f"≤ {bound:g}{unit}",
                           "unit": unit, "met": value <= bound, "also": also})

    def least(self, point, what, value, bound, unit="×", also=""):
        self.lines.append({"point": point, "what": what, "value": value, "bound": f"≥ {bound:g}{unit}",
                           "unit": unit, "met": value >= bound, "also": also})

    def told(self, point, what, value, unit, also=""):
        """A figure without a bound."""
        self.lines.append({"point": point, "what": what, "value": value, "bound": "", "unit": unit, "met": None,
                           "also": also})

    def absent(self, point, what, why):
        self.lines.append({"point": point, "what": what, "value": None, "bound": "", "unit": "", "met": None,
                           "also": f"not measured: {why}"})

    def ordered(self):
        return sorted(self.lines, key=lambda line: [int(line["point"]) if line["point"].isdigit() else 99])

    def print(self):
        print(f"\n{'':4} {'':66} {'measured':>12}  {'target':>11}")
        for line in self.ordered():
            print(f"{line['point']:>4} {line['what']:66} {shown(line):>12}  {line['bound']:>11}"
                  f"  {VERDICTS[line['met']]:6} {line['also']}")
        met = sum(line["met"] is True for line in self.lines)
        missed = sum(line["met"] is False for line in self.lines)
        print(f"\n{met} targets met, {missed} missed")

    def markdown(self):
        """The same to be put into docs/performance.md."""
        rows = ["| | What | Measured | Target | | |", "|---|---|---|---|---|---|"]
        for line in self.ordered():
            verdict = VERDICTS[line["met"]].replace("MISSED", "**missed**")
            rows.append(f"| {line['point']} | {line['what']} | {shown(line)} | {line['bound']} | {verdict} |"
                        f" {line['also']} |")
        return "\n".join([*rows, ""])


VERDICTS = {True: "met", False: "MISSED", None: ""}


def shown(line):
    if line["value"] is None:
        return "–"
    number = f"{line['value']:.3g}" if line["value"] < 1_000 else f"{line['value']:,.0f}"
    return number + line["unit"]


def table(title, results):
    """Medians of each contender's rounds."""
    print(f"\n{title:34} {'req/s':>9} {'CPU µs/req':>11} {'p50 ms':>8} {'p99 ms':>8}")
    for name, rounds in results.items():
        if rounds and "cpu_microseconds" in rounds[0]:
            print(f"{name:34} {median(rounds, 'per_second'):9.0f} {median(rounds, 'cpu_microseconds'):11.1f}"
                  f" {median(rounds, 'p50') / 1e3:8.2f} {median(rounds, 'p99') / 1e3:8.2f}")
