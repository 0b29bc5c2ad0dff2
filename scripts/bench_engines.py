"""Checks on PostgreSQL by one, two and three nodes, beside SQLite, and beside what
PostgreSQL does for `pgbench -S`: one prepared look-up of a row per round trip, with
nothing around it. Run by scripts/with-postgres, whose server they share."""

import os
import re
import statistics
import subprocess
import sys

from bench_sides import APP, Wrk, cpu_of, path_to_check, provision, start_grantd

CONNECTIONS = 30
NODES = 3
SQLITE, PGBENCH = "SQLite, 1 node", "pgbench -S"
DATABASE = int(os.environ["POSTGRES_PID"])


def on_postgres(count):
    return f"PostgreSQL, {count} node" + ("s" if count > 1 else "")


class Nodes:
    """Some nodes on one store; the load is spread over them evenly."""

    def __init__(self, nodes, path, database=None):
        self.nodes, self.path, self.database = nodes, path, database

    def run(self, seconds):
        own = sum(side.cpu() for side, _ in self.nodes)
        database = cpu_of(self.database) if self.database else 0
        loads = [Wrk(port, self.path, APP, seconds, CONNECTIONS // len(self.nodes), threads=1)
                 for _, port in self.nodes]
        results = [one.result() for one in loads]
        own = sum(side.cpu() for side, _ in self.nodes) - own
        database = cpu_of(self.database) - database if self.database else 0
        return outcome(sum(one["requests"] for one in results), sum(one["per_second"] for one in results),
                       own, database)


class PgBench:
    """The engine alone."""

    def __init__(self, url, log):
        self.program = os.environ["POSTGRES_PROGRAMS"] + "/pgbench"
        self.url = url
        subprocess.run([self.program, "-i", "-q", "-s", "10", url], check=True, stdout=log, stderr=log)

    def run(self, seconds):
        before = cpu_of(DATABASE)
        said = subprocess.run(
            [self.program, "-n", "-S", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds), self.url],
            check=True, stdout=subprocess.PIPE, text=True).stdout
        done = re.search(r"transactions actually processed: (\d+)", said)
        rate = re.search(r"tps = ([\d.]+)", said)
        if not done or not rate:
            sys.exit(f"pgbench said nothing of use:\n{said}")
        return outcome(int(done[1]), float(rate[1]), 0, cpu_of(DATABASE) - before)


def outcome(requests, per_second, own, database):
    per_request = 1e6 / requests
    return {"requests": requests, "per_second": per_second, "cpu_microseconds": (own + database) * per_request,
            "node_microseconds": own * per_request, "database_microseconds": database * per_request}


def measure(options, folder, log):
    url = os.environ["GRANTD_DATABASE"]
    started = []
    try:
        def start(data, database=None):
            provision(options.program, data, database)
            nodes = []
            # All nodes of a database share a folder, and so the instance key.
            for _ in range(NODES if database else 1):
                nodes.append(start_grantd(options.program, data, log, database))
                started.append(nodes[-1][0])
            return nodes, path_to_check(nodes[0][1])
        alone, path = start(folder / "sqlite")
        contenders = {SQLITE: Nodes(alone, path)}
        nodes, path = start(folder / "postgres", url)
        for count in range(1, NODES + 1):
            contenders[on_postgres(count)] = Nodes(nodes[:count], path, DATABASE)
        # In the same database; its tables are its own.
        contenders[PGBENCH] = PgBench(url, log)
        results = {name: [] for name in contenders}
        names = list(contenders)
        for number in range(options.rounds + 1):
            # Round 0 warms up. Everybody is first once in as many rounds as there are.
            first = number % len(names)
            for name in names[first:] + names[:first]:
                result = contenders[name].run(1 if number == 0 else options.seconds)
                if number:
                    results[name].append(result)
                    print(f"round {number} {name:20} {result['per_second']:9.0f}/s", file=sys.stderr, flush=True)
        return results
    finally:
        for side in started:
            side.stop()


def report(results):
    def middle(name, key):
        return statistics.median(one[key] for one in results[name])

    def ratio(name, key):
        pairs = zip(results[name], results[SQLITE])
        return statistics.median(one[key] / other[key] for one, other in pairs if other[key])
    print(f"\n{'a check':20} {'per s':>9} {'CPU µs':>8} {'node':>7} {'database':>9}    ratio to SQLite: rate, CPU")
    for name in results:
        print(f"{name:20} {middle(name, 'per_second'):9.0f} {middle(name, 'cpu_microseconds'):8.1f}"
              f" {middle(name, 'node_microseconds'):7.1f} {middle(name, 'database_microseconds'):9.1f}"
              f" {ratio(name, 'per_second'):19.2f} {ratio(name, 'cpu_microseconds'):8.2f}")
