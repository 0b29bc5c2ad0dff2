"""Called by scripts/bench: PROGRAM OUTPUT-FOLDER [--quick] [--rounds N] [--seconds N]."""

import argparse
import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery staple"
CLIENT_ID, CLIENT_SECRET = "abcde12345fghij67890", "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f"
LISTED = 1_000
TICK = os.sysconf("SC_CLK_TCK")


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


READER, WRITER, APP = basic("reader", PASSWORD), basic("writer", PASSWORD), basic(CLIENT_ID, CLIENT_SECRET)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def call(port, method, path, authorization, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    data = None if body is None else json.dumps(body)
    connection.request(method, path, data, {"Authorization": authorization, "User-Agent": "wrk"})
    response = connection.getresponse()
    text = response.read()
    connection.close()
    if response.status >= 300:
        sys.exit(f"{method}: {response.status} {text[:300]!r}")
    return text


def wait_for(port, path):
    for _ in range(300):
        try:
            call(port, "GET", path, APP)
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing answers on port {port}")


class Side:
    """A server under measurement, and the CPU time of its processes."""

    def __init__(self, name, command, log):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def cpu(self):
        """Seconds of CPU of the process and all below it, so far."""
        below, total = {self.process.pid}, 0
        stats = {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                stats[int(entry)] = (int(fields[1]), int(fields[11]) + int(fields[12]))
        grew = True
        while grew:
            more = {pid for pid, (parent, _) in stats.items() if parent in below} - below
            grew = bool(more)
            below |= more
        for pid in below:
            total += stats.get(pid, (0, 0))[1]
        return total / TICK

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def start_grantd(binary, folder, log):
    def command(*arguments, secret):
        subprocess.run([binary, "--data", str(folder), *arguments], input=secret + "\n", text=True,
                       check=True, stdout=subprocess.DEVNULL)
    for login in ("reader", "writer"):
        command("user", "create", login, "--password-stdin", secret=PASSWORD)
    command("app", "create", "bench", "--owner", "writer", "--url", "http://example.com",
            "--callback-url", "http://example.com/callback", "--client-id", CLIENT_ID,
            "--client-secret-stdin", secret=CLIENT_SECRET)
    port = free_port()
    side = Side("grantd", [binary, "serve", "--data", str(folder), "--listen", f"127.0.0.1:{port}",
                           "--log", "warn"], log)
    wait_for(port, "/healthz")
    return side, port


def start_nginx(folder, answers, log):
    """Answers each path with `return`; long bodies in pieces, which is all nginx's parser takes."""
    (folder / "temp").mkdir(parents=True)
    locations = []
    for number, (status, body) in enumerate(answers):
        pieces = [body[at:at + 3_000] for at in range(0, len(body), 3_000)]
        quoted = [piece.replace("\\", "\\\\").replace("'", "\\'").replace("$", "-") for piece in pieces]
        sets = "".join(f"set $piece{number}_{at} '{piece}';\n" for at, piece in enumerate(quoted))
        value = "".join(f"${{piece{number}_{at}}}" for at in range(len(pieces)))
        locations.append(f"location = /{number} {{ {sets} return {status} \"{value}\"; }}")
    port = free_port()
    temps = "\n".join(f"{kind}_temp_path {folder}/temp;" for kind in
                      ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"""
daemon off; worker_processes {os.cpu_count()}; pid {folder}/pid; error_log stderr;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; default_type 'application/json; charset=utf-8';
  {temps}
  server {{ listen 127.0.0.1:{port}; {" ".join(locations)} }}
}}""")
    side = Side("nginx", ["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"], log)
    wait_for(port, "/0")
    return side, port


def load(side, port, path, authorization, create, seconds, connections):
    environment = dict(os.environ, BENCH_PATH=path, BENCH_AUTH=authorization)
    environment.pop("BENCH_CREATE", None)
    if create:
        environment["BENCH_CREATE"] = create
    before = side.cpu()
    done = subprocess.run(
        ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", str(HERE / "bench.lua"),
         f"http://127.0.0.1:{port}"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if line is None:
        sys.exit(f"wrk said nothing of use:\n{done.stdout}")
    result = json.loads(line.removeprefix("RESULT "))
    result["cpu_seconds"] = side.cpu() - before
    if result["refused"] or result["broken"] or not result["requests"]:
        sys.exit(f"{side.name} did not answer everything: {line}")
    result["per_second"] = result["requests"] / (result["microseconds"] / 1e6)
    result["cpu_microseconds"] = result["cpu_seconds"] * 1e6 / result["requests"]
    return result


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
        "nginx": said("nginx", "-v"), "wrk": said("wrk", "-v"), "rustc": said("rustc", "--version"),
        "cpu": models[0] if models else platform.processor(), "cores": os.cpu_count(),
        "memory_mib": memory // 1024, "kernel": platform.release(),
        "filesystem": said("stat", "-f", "-c", "%T", str(folder)),
        "load_before": os.getloadavg()[0],
    }


def measure(options, folder, log):
    grantd, port = start_grantd(options.program, folder / "data", log)
    sides = [grantd]
    try:
        def create(number):
            body = {"scopes": ["repo", "user"], "note": f"listed-{number:04}"}
            call(port, "POST", "/api/v3/authorizations", READER, body)
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            list(pool.map(create, range(LISTED)))
        app_token = json.loads(call(
            port, "PUT", f"/api/v3/authorizations/clients/{CLIENT_ID}/bench", WRITER,
            {"client_secret": CLIENT_SECRET, "scopes": ["repo", "user"], "note": "to check"}))["token"]
        sample = {"scopes": ["repo", "user"], "note": "r00-0-000000000"}
        operations = [
            ("check", f"/api/v3/applications/{CLIENT_ID}/tokens/{app_token}", APP, False, 32),
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
    shutil.rmtree(folder, ignore_errors=True)
    raw = options.output / f"{machine['when'].replace(':', '')}.json"
    raw.write_text(json.dumps({"machine": machine, "sizes": sizes, "rounds": results}, indent=1))
    report(results, sizes)
    print(f"raw figures: {raw}")


main()
