"""Called by scripts/bench: PROGRAM GENERATOR OUTPUT-FOLDER [options]. Runs the stages, says what each target came
to, and writes down everything that was measured."""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import answers
import bulk
import calm
import checks
import creates
import engines
import peers
import plot
from accounts import manifest
from targets import Targets

LOG_BOUND = 100 << 20
STAGES = ("load", "checks", "calm", "answers", "growth", "creates", "postgres", "peers")


class Run:
    """What every stage is told, and what it leaves for the next ones."""

    def __init__(self, options, log):
        self.program, self.fire = str(options.program.resolve()), options.generator.resolve()
        self.folder, self.tools = options.output / "work", options.tools.resolve()
        self.log, self.started = log, []
        self.rounds, self.seconds, self.tokens = options.rounds, options.seconds, options.tokens
        self.large, self.flood, self.samples = options.large, options.flood, options.samples
        self.capacity, self.bound, self.began = 2_000.0, 5.0, time.monotonic()
        self.postgres, self.databases = os.environ["GRANTD_DATABASE"], 0

    def say(self, text):
        print(f"[{time.monotonic() - self.began:5.0f} s] {text}", file=sys.stderr, flush=True)

    def database(self):
        """The URL of an empty one beside the others."""
        self.databases += 1
        name = f"bench_{self.databases}"
        place, _, _ = self.postgres.rpartition("/")
        self.psql(self.postgres, f"CREATE DATABASE {name} TEMPLATE template0")
        return f"{place}/{name}"

    def psql(self, url, statement):
        subprocess.run([os.environ["POSTGRES_PROGRAMS"] + "/psql", "-q", "-X", "-c", statement, url], check=True,
                       stdout=self.log, stderr=self.log)

    def postgres_bench(self):
        subprocess.run([os.environ["POSTGRES_PROGRAMS"] + "/pgbench", "-i", "-q", "-s", "10", self.postgres], check=True,
                       stdout=self.log, stderr=self.log)

    def tidy(self):
        """A line for each request adds up."""
        for file in self.folder.glob("*.log"):
            if file.stat().st_size > LOG_BOUND:
                os.truncate(file, 0)

    def end(self):
        for side in self.started:
            if side.process.poll() is None:
                side.stop()
        self.started = []


def stage(run, name, chosen, work):
    """Runs a stage and ends what it has started."""
    if name not in chosen:
        return None
    run.say(f"--- {name}")
    began = time.monotonic()
    try:
        return work()
    finally:
        run.end()
        run.say(f"--- {name} took {time.monotonic() - began:.0f} s")


def on_sqlite(run, chosen, targets):
    """The stages that share a store of the usual size."""
    done = {}

    def both():
        store, side, done["checks"] = checks.measure(run, targets)
        if "calm" in chosen:
            done["calm"] = calm.quiet_and_log_ins(run, store, side, targets)
        if "answers" in chosen:
            done["passwords"] = answers.passwords(run, store, side, targets)
            done["pairs"] = answers.pairs(run, store, side, targets)
        side.stop()
        if "answers" in chosen:
            done["starts"] = answers.start(run, store, targets)
        if "calm" in chosen:
            done["flood"] = calm.flood(run, store, targets)
    stage(run, "checks", chosen, both)
    return done


def measure(run, chosen, targets):
    done = {"load": stage(run, "load", chosen, lambda: bulk.measure(run, targets))}
    done |= on_sqlite(run, chosen, targets)
    done["growth"] = stage(run, "growth", chosen, lambda: checks.grow(run))
    done["creates"] = stage(run, "creates", chosen, lambda: creates.measure(run, targets))
    done["postgres"] = stage(run, "postgres", chosen, lambda: engines.measure(run, targets))
    done["peers"] = stage(run, "peers", chosen, lambda: peers.measure(run, targets))
    return done


def read_options():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("generator", type=pathlib.Path)
    parser.add_argument("output", type=pathlib.Path)
    parser.add_argument("tools", type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="that it works, not how fast: one round of a second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="of each side in a round")
    parser.add_argument("--tokens", type=int, default=1_000_000)
    parser.add_argument("--large", type=int, default=0, help="a second store with so many tokens; 10000000 is published")
    parser.add_argument("--flood", type=int, default=60, help="seconds of wrong passwords")
    parser.add_argument("--samples", type=int, default=300, help="single answers of each kind")
    parser.add_argument("--only", default=",".join(STAGES), help="stages, separated by commas: " + ", ".join(STAGES))
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.seconds, options.tokens = 1, 1, 20_000
        options.flood, options.samples = 5, 30
    return options


def main():
    options = read_options()
    chosen = options.only.split(",")
    if unknown := set(chosen) - set(STAGES):
        sys.exit(f"no stage {', '.join(unknown)}; there are {', '.join(STAGES)}")
    if {"calm", "answers"} & set(chosen):
        chosen.append("checks")
    # On the disk that the build is on: a create is an fsync, and memory has none.
    folder = options.output / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    machine = manifest(str(options.program), folder)
    for key, value in machine.items():
        print(f"{key}: {value}")
    targets = Targets()
    with open(options.output / "servers.log", "wb") as log:
        run = Run(options, log)
        try:
            done = measure(run, chosen, targets)
        finally:
            run.end()
    machine |= {"load_after": os.getloadavg()[0], "seconds": round(time.monotonic() - run.began)}
    shutil.rmtree(folder, ignore_errors=True)
    name = options.output / machine["when"].replace(":", "")
    shown = {key: value for key, value in vars(options).items() if isinstance(value, (int, str))}
    name.with_suffix(".json").write_text(json.dumps(
        {"machine": machine, "options": shown, "targets": targets.lines, "stages": done}, indent=1))
    name.with_suffix(".md").write_text(targets.markdown())
    targets.print()
    if done["growth"]:
        plot.draw(done["growth"]["points"], 1.4, name.with_suffix(".svg"))
        print(f"growth: {name.with_suffix('.svg')}")
    print(f"raw figures: {name.with_suffix('.json')}\n{machine['seconds']} s in all, fills included")


main()
