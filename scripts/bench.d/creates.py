"""Durable creates by 64 clients whose passwords are verified, beside the same build with a commit for each, and
beside what the disk can do; on both engines."""

import os
import time

from accounts import Watch, size_of
from load import rounds, wrk
from sides import PASSWORD, Store, basic, verify
from targets import median, ratio, table

CLIENTS = 64
LOG_BOUND = 128 << 20


def syncs(run, seconds):
    """How often a second this disk makes 4 KiB durable, one after the other."""
    page, count = os.urandom(4_096), 0
    file = os.open(run.folder / "syncs", os.O_RDWR | os.O_CREAT, 0o600)
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        os.pwrite(file, page, (count % 4_096) * 4_096)
        os.fdatasync(file)
        count += 1
    took = time.monotonic() - began
    os.close(file)
    return {"requests": count, "per_second": count / took}


def creating(side, names, seconds, number=[0]):
    number[0] += 1
    auths = ",".join(basic(f"user-{user}", PASSWORD) for user in names)
    return wrk(side, seconds, CLIENTS, path="/api/v3/authorizations", auths=auths, create=f"c{number[0]}")


def measure(run, targets):
    names = range(100, 100 + 2 * CLIENTS)
    tokens = min(run.tokens, 100_000)
    together, alone = Store(run, "creates", tokens, samples=False), Store(run, "commits", tokens, samples=False)
    grouped, single = together.start("creates"), alone.start("commits", batching="false")
    log = Watch(lambda: {"log": size_of(together.folder / "grantd.db-wal")}, 0.02)
    contenders = {
        "SQLite": lambda s: creating(grouped, names, s),
        "SQLite, a commit for each": lambda s: creating(single, names, s),
        "this disk, fdatasync": lambda s: syncs(run, s),
    }
    database = Store(run, "creates-postgres", tokens, run.database(), samples=False)
    several, each = database.start("postgres"), database.start("postgres-commits", batching="false")
    others = range(300, 300 + 2 * CLIENTS)
    contenders["PostgreSQL"] = lambda s: creating(several, names, s)
    contenders["PostgreSQL, a commit for each"] = lambda s: creating(each, others, s)
    # Everybody's password is verified once; what is measured are hits.
    for side, users in ((grouped, names), (single, names), (several, names), (each, others)):
        verify(side, users)
    results = rounds(run, contenders)
    longest = log.stop()["log"]
    for side in (grouped, single, several, each):
        side.stop()
    table("durable creates, 64 clients", results)
    ours, disk = results["SQLite"], results["this disk, fdatasync"]
    p50, p99 = median(ours, "p50"), median(ours, "p99")
    targets.least("6", "creates on SQLite: rate, of a commit for each",
                  ratio(ours, results["SQLite, a commit for each"], "per_second"), 3.5)
    targets.least("6", "creates on SQLite: rate, of the disk's fdatasync",
                  ratio(ours, disk, "per_second"), 1.0,
                  also=f"{median(ours, 'per_second'):,.0f}/s, the disk {median(disk, 'per_second'):,.0f}/s")
    targets.most("6", "creates on SQLite: p99, of p50", p99 / p50, 10, also=f"{p50 / 1e3:.1f} and {p99 / 1e3:.1f} ms")
    targets.most("6", "creates on SQLite: the log at its longest", longest / 2**20, LOG_BOUND >> 20, " MiB")
    targets.least("6", "creates on PostgreSQL: rate, of a commit for each",
                  ratio(results["PostgreSQL"], results["PostgreSQL, a commit for each"], "per_second"), 2.5)
    return {"rounds": results, "log_bytes": longest}
