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

    def print(self):
        print(f"\n{'':4} {'':58} {'measured':>12}  {'target':>12}")
        for line in sorted(self.lines, key=lambda line: [int(part) if part.isdigit() else 99
                                                         for part in line["point"].split("/")[0].split()]):
            value = "–" if line["value"] is None else f"{line['value']:.3g}{line['unit']}" \
                if line["value"] < 1000 else f"{line['value']:,.0f}{line['unit']}"
            verdict = {True: "met", False: "MISSED", None: ""}[line["met"]]
            print(f"{line['point']:>4} {line['what']:58} {value:>12}  {line['bound']:>12}  {verdict:6} {line['also']}")
        met = sum(line["met"] is True for line in self.lines)
        missed = sum(line["met"] is False for line in self.lines)
        print(f"\n{met} targets met, {missed} missed")


def table(title, results):
    """Medians of each contender's rounds."""
    print(f"\n{title:34} {'req/s':>9} {'CPU µs/req':>11} {'p50 ms':>8} {'p99 ms':>8}")
    for name, rounds in results.items():
        if rounds and "cpu_microseconds" in rounds[0]:
            print(f"{name:34} {median(rounds, 'per_second'):9.0f} {median(rounds, 'cpu_microseconds'):11.1f}"
                  f" {median(rounds, 'p50') / 1e3:8.2f} {median(rounds, 'p99') / 1e3:8.2f}")
