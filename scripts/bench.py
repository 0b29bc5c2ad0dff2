"""Called by scripts/bench: PROGRAM OUTPUT-FOLDER [--quick] [--rounds N] [--seconds N]."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import time

import bench_engines
from bench_sides import APP, READER, WRITER, call, load, path_to_check, provision, start_grantd, start_nginx

LISTED = 1_000


def manifest(binary, folder):
    def said(*command):
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
            return (done.stdout.strip().splitlines() or [""])[0]
        except OSError:
            return "?"
    models = [line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {
        "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "grantd": said(binary, "--version"), "commit": said("git", "rev-parse", "--short", "HEAD"),
        "nginx": said("nginx", "-v"),
        "postgresql": said(os.environ["POSTGRES_PROGRAMS"] + "/postgres", "--version"), "wrk": said("wrk", "-v"), "rustc": said("rustc", "--version"),
        "cpu": models[0] if models else platform.processor(), "cores": os.cpu_count(),
        "memory_mib": memory // 1024, "kernel": platform.release(),
        "filesystem": said("stat", "-f", "-c", "%T", str(folder)),
        "load_before": os.getloadavg()[0],
    }


def measure(options, folder, log):
    provision(options.program, folder / "data")
    grantd, port = start_grantd(options.program, folder / "data", log)
    sides = [grantd]
    try:
        def create(number):
            body = {"scopes": ["repo", "user"], "note": f"listed-{number:04}"}
            call(port, "POST", "/api/v3/authorizations", READER, body)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(create, range(LISTED)))
        checking = path_to_check(port)
        sample = {"scopes": ["repo", "user"], "note": "r00-0-000000000"}
        operations = [
            ("check", checking, APP, False, 32),
            ("create", "/api/v3/authorizations", WRITER, True, 64),
            ("list 30 of 1,000", "/api/v3/authorizations", READER, False, 32),
        ]
        answers = [
            (201 if creates else 200,
             call(port, "POST" if creates else "GET", path, auth, sample if creates else None).decode())
            for _, path, auth, creates, _ in operations
        ]
        nginx, nginx_port = start_nginx(folder / "nginx", answers, log)
        sides.append(nginx)
        results = {name: [] for name, *_ in operations}
        for round_number in range(options.rounds + 1):
            # Round 0 warms up. Who goes first alternates.
            seconds = 1 if round_number == 0 else options.seconds
            for number, (name, path, auth, creates, connections) in enumerate(operations):
                prefix = f"r{round_number:02}" if creates else None
                pair = {}
                order = ["grantd", "nginx"] if round_number % 2 else ["nginx", "grantd"]
                for who in order:
                    if who == "grantd":
                        pair[who] = load(grantd, port, path, auth, prefix, seconds, connections)
                    else:
                        pair[who] = load(nginx, nginx_port, f"/{number}", auth, prefix, seconds, connections)
                if round_number:
                    results[name].append(pair)
                    print(f"round {round_number} {name:17} grantd {pair['grantd']['per_second']:9.0f}/s"
                          f"   nginx {pair['nginx']['per_second']:9.0f}/s", file=sys.stderr, flush=True)
        sizes = {name: len(body) for (name, *_), (_, body) in zip(operations, answers)}
        return results, sizes
    finally:
        for side in sides:
            side.stop()


def report(results, sizes):
    def middle(pairs, who, key):
        return statistics.median(pair[who][key] for pair in pairs)
    print(f"{'operation':17} {'body':>7} {'':7} {'req/s':>9} {'CPU µs/req':>11} {'p50 ms':>8} {'p99 ms':>8}")
    for name, pairs in results.items():
        for who in ("grantd", "nginx"):
            print(f"{name if who == 'grantd' else '':17} {sizes[name] if who == 'grantd' else '':>7} {who:7}"
                  f" {middle(pairs, who, 'per_second'):9.0f} {middle(pairs, who, 'cpu_microseconds'):11.1f}"
                  f" {middle(pairs, who, 'p50') / 1e3:8.2f} {middle(pairs, who, 'p99') / 1e3:8.2f}")
        speed = statistics.median(p["grantd"]["per_second"] / p["nginx"]["per_second"] for p in pairs)
        costs = [p["grantd"]["cpu_microseconds"] / p["nginx"]["cpu_microseconds"]
                 for p in pairs if p["nginx"]["cpu_microseconds"]]
        cost = statistics.median(costs) if costs else float("nan")
        print(f"{'':25} {'ratio':7} {speed:9.3f} {cost:11.1f}   (medians of the rounds' ratios)")


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("output", type=pathlib.Path)
    arguments.add_argument("--quick", action="store_true")
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    options = arguments.parse_args()
    if options.quick:
        options.rounds, options.seconds = 1, 1
    # On the disk that the build is on: a create is an fsync, and memory has none.
    folder = options.output / "work"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    machine = manifest(options.program, folder)
    for key, value in machine.items():
        print(f"{key}: {value}")
    with open(options.output / "servers.log", "wb") as log:
        results, sizes = measure(options, folder, log)
        engines = bench_engines.measure(options, folder, log)
    shutil.rmtree(folder, ignore_errors=True)
    raw = options.output / f"{machine['when'].replace(':', '')}.json"
    raw.write_text(json.dumps({"machine": machine, "sizes": sizes, "rounds": results, "engines": engines}, indent=1))
    report(results, sizes)
    bench_engines.report(engines)
    print(f"raw figures: {raw}")


main()
