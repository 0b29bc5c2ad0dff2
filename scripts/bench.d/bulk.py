"""How quickly a store is filled, beside a plain sorted import of the same rows by SQLite itself."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time

from accounts import Watch, memory
from sides import PASSWORD

TABLES = ("users", "apps", "grants", "authorizations")


def filled(run, number):
    folder = run.folder / f"bulk-{number}"
    began = time.monotonic()
    with open(run.folder / "bulk.json", "w") as out:
        loading = subprocess.Popen(
            [run.program, "bench", "load", "--data", str(folder), "--users", str(run.tokens // 10), "--tokens",
             str(run.tokens), "--password-stdin", "--samples", str(folder) + ".tokens"],
            stdin=subprocess.PIPE, stdout=out, stderr=run.log, text=True,
            env={key: value for key, value in os.environ.items() if not key.startswith("GRANTD_")})
        watch = Watch(lambda: memory([loading.pid]), 0.1)
        loading.communicate(PASSWORD + "\n")
        took, most = time.monotonic() - began, watch.stop()
    if loading.returncode:
        sys.exit("the load failed, see the log")
    return folder / "grantd.db", {"seconds": took, "per_second": run.tokens / took, "anonymous": most["anonymous"]}


def imported(run, source, number):
    """The same tables and indexes, each row read from there in order: what SQLite needs when nobody makes or
    hashes anything."""
    target = run.folder / f"plain-{number}.db"
    began = time.monotonic()
    plain = sqlite3.connect(target, isolation_level=None)
    plain.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;")
    plain.execute("ATTACH ? AS source", (str(source),))
    schema = plain.execute("SELECT type, tbl_name, sql FROM source.sqlite_master WHERE sql IS NOT NULL").fetchall()
    for kind in ("table", "index"):
        for what, table, statement in schema:
            if what == kind and table in TABLES:
                plain.execute(statement)
        if kind == "table":
            for table in TABLES:
                plain.execute(f"INSERT INTO main.{table} SELECT * FROM source.{table} ORDER BY id")
    plain.close()
    with open(target, "rb") as file:
        os.fsync(file.fileno())
    took = time.monotonic() - began
    target.unlink()
    return {"seconds": took, "per_second": run.tokens / took}


def measure(run, targets):
    ours, theirs = [], []
    for number in range(min(run.rounds, 3)):
        file, result = filled(run, number)
        ours.append(result)
        theirs.append(imported(run, file, number))
        shutil.rmtree(file.parent)
        run.say(f"load: {ours[-1]['per_second']:,.0f} tokens/s, a plain import {theirs[-1]['per_second']:,.0f}/s")
    ratios = sorted(one["per_second"] / other["per_second"] for one, other in zip(ours, theirs))
    most = max(one["anonymous"] for one in ours)
    targets.least("load", f"bulk load of {run.tokens:,} tokens: rate, of a plain import", ratios[len(ratios) // 2], 0.5,
                  also=f"{max(one['per_second'] for one in ours):,.0f} tokens/s, {most >> 20} MiB")
    return {"load": ours, "plain": theirs}
