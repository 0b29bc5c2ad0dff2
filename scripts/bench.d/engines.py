"""Checks on PostgreSQL, the database's processor time included, beside the same build with a query for each and
beside nginx; one, two and three nodes; and what the engine does for `pgbench -S`."""

import os
import re
import subprocess
import sys

from accounts import Meter
from load import Wrk, rounds, tokens, wrk
from sides import Store, call, start_nginx
from targets import ratio, table

CONNECTIONS = 64
HOT = 1_000


def on_nodes(store, nodes, seconds):
    """The load spread over them evenly."""
    database = int(os.environ["POSTGRES_PID"])
    meter = Meter([node.process.pid for node in nodes] + [database])
    loads = [Wrk(node.port, seconds, CONNECTIONS // len(nodes), threads=1, **tokens(store, HOT)) for node in nodes]
    results = [load.result() for load in loads]
    requests = sum(one["requests"] for one in results)
    return {"requests": requests, "per_second": sum(one["per_second"] for one in results),
            "p50": max(one["p50"] for one in results), "p99": max(one["p99"] for one in results),
            "cpu_microseconds": meter.seconds() * 1e6 / requests}


def pgbench(run, seconds):
    """One prepared look-up of a row to a round trip: no HTTP, no JSON, no app to authenticate."""
    program, meter = os.environ["POSTGRES_PROGRAMS"] + "/pgbench", Meter([int(os.environ["POSTGRES_PID"])])
    said = subprocess.run([program, "-n", "-S", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds), run.postgres],
                          check=True, stdout=subprocess.PIPE, stderr=run.log, text=True).stdout
    done, rate = re.search(r"actually processed: (\d+)", said), re.search(r"tps = ([\d.]+)", said)
    late = re.search(r"latency average = ([\d.]+)", said)
    if not (done and rate and late):
        sys.exit(f"pgbench said nothing of use:\n{said}")
    return {"requests": int(done[1]), "per_second": float(rate[1]), "p50": float(late[1]) * 1e3,
            "p99": float("nan"), "cpu_microseconds": meter.seconds() * 1e6 / int(done[1])}


def measure(run, targets):
    store = Store(run, "postgres", run.tokens, run.database())
    nodes = [store.start(f"node-{number}") for number in range(3)]
    single = store.start("queries", batching="false")
    nginx = start_nginx(run, "nginx-postgres", {
        "/api/v3/applications/": (200, call(nodes[0].port, "GET", store.check, store.apps[store.client_id])),
        "/": (200, b"here"),
    })
    run.postgres_bench()
    contenders = {
        "nginx": lambda s: wrk(nginx, s, CONNECTIONS, **tokens(store, HOT)),
        "PostgreSQL": lambda s: wrk(nodes[0], s, CONNECTIONS, **tokens(store, HOT)),
        "PostgreSQL, a query for each": lambda s: wrk(single, s, CONNECTIONS, **tokens(store, HOT)),
        "PostgreSQL, any of all": lambda s: wrk(nodes[0], s, CONNECTIONS, **tokens(store)),
        "PostgreSQL, 2 nodes": lambda s: on_nodes(store, nodes[:2], s),
        "PostgreSQL, 3 nodes": lambda s: on_nodes(store, nodes, s),
        "pgbench -S -M prepared": lambda s: pgbench(run, s),
    }
    results = rounds(run, contenders)
    for side in [*nodes, single, nginx]:
        side.stop()
    table(f"PostgreSQL, {run.tokens:,} tokens", results)
    targets.most("5", "check on PostgreSQL, with the database: CPU, of nginx",
                 ratio(results["PostgreSQL"], results["nginx"], "cpu_microseconds"), 4.0)
    targets.least("5", "a query for each on the same build: CPU, of ours",
                  ratio(results["PostgreSQL, a query for each"], results["PostgreSQL"], "cpu_microseconds"), 1.4)
    return {"rounds": results}
