"""Load on a server: `wrk` for closed loops, `fire` for what comes at its own pace; and rounds of it in turns."""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent


class Wrk:
    """Asks as fast as it is answered. What it asks: see ask.lua."""

    def __init__(self, port, seconds, connections, threads=2, **asks):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("BENCH_")}
        environment |= {f"BENCH_{key.upper()}": str(value) for key, value in asks.items()}
        environment["BENCH_THREADS"] = str(threads)
        self.process = subprocess.Popen(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
             "-s", str(HERE / "ask.lua"), f"http://127.0.0.1:{port}"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def result(self, refusals=False):
        said, _ = self.process.communicate(timeout=120)
        line = next((line for line in said.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            sys.exit(f"wrk said nothing of use:\n{said}")
        result = json.loads(line.removeprefix("RESULT "))
        if (result["refused"] and not refusals) or result["broken"] or not result["requests"]:
            sys.exit(f"not everything was answered: {line}")
        result["per_second"] = result["requests"] / (result["microseconds"] / 1e6)
        return result


def tokens(store, hot=None):
    """What makes wrk check a store's tokens."""
    apps = ",".join(f"{client}={value}" for client, value in store.apps.items())
    return {"tokens": store.samples, "apps": apps} | ({"hot": hot} if hot else {})


def wrk(side, seconds, connections, **asks):
    meter = side.meter()
    result = Wrk(side.port, seconds, connections, **asks).result()
    result["cpu_seconds"] = meter.seconds()
    result["cpu_microseconds"] = result["cpu_seconds"] * 1e6 / result["requests"]
    return result


class Fire:
    """Asks at a rate, whatever the answers; at rate 0 each connection in a loop."""

    count = 0

    def __init__(self, run, side, requests, connections, seconds, rate, nice=0):
        Fire.count += 1
        file = run.folder / f"fire-{Fire.count}"
        file.touch(mode=0o600)
        file.write_text("".join(line + "\n" for line in requests))
        self.process = subprocess.Popen(
            ["nice", "-n", str(nice), str(run.fire), str(side.port), str(file), str(connections), str(seconds),
             str(rate)], stdout=subprocess.PIPE, stderr=run.log, text=True)

    def result(self):
        said, _ = self.process.communicate(timeout=300)
        if self.process.returncode:
            sys.exit(f"the generator failed with {self.process.returncode}, see the log")
        return json.loads(said)


def line(method, path, *headers, body=""):
    """A request for `Fire`."""
    return "\t".join([method, path, "\x1f".join(headers), body])


def rounds(run, contenders, seconds=None, warm=1):
    """Everybody in turn, in as many rounds as there are to be, first once every few rounds; round 0 warms up.
    What each came to, round by round."""
    results, names = {name: [] for name in contenders}, list(contenders)
    for number in range(run.rounds + 1):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            result = contenders[name](warm if number == 0 else seconds or run.seconds)
            run.tidy()
            if number:
                results[name].append(result)
                rate = f"{result['per_second']:10.0f}/s" if "per_second" in result else ""
                run.say(f"round {number} {name:34}{rate}")
    return results
