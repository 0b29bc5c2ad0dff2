"""What is measured: servers, how they are started, limited and ended."""

import base64
import concurrent.futures
import http.client
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import time

from accounts import Meter, memory

PASSWORD = "correct horse battery staple"
PLENTY = "1000000000"


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, path, authorization=None, body=None, headers=None):
    """Status and text of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"User-Agent": "bench", **(headers or {})}
    if authorization:
        headers["Authorization"] = authorization
    data = json.dumps(body) if isinstance(body, dict) else body
    connection.request(method, path, data, headers)
    response = connection.getresponse()
    text = response.read()
    connection.close()
    return response.status, text


def call(port, method, path, authorization=None, body=None, headers=None):
    status, text = ask(port, method, path, authorization, body, headers)
    if status >= 300:
        sys.exit(f"{method} {path.split('?')[0]}: {status} {text[:300]!r}")
    return text


def wait_for(side, path, seconds=60):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            status, _ = ask(side.port, "GET", path)
            if status < 500:
                return
        except OSError:
            pass
        if side.process.poll() is not None:
            sys.exit(f"{side.name} ended by itself, see the log")
        time.sleep(0.02)
    sys.exit(f"{side.name} does not answer")


class Side:
    """A server under measurement. `beside`: processes that work for it, as a database does."""

    def __init__(self, name, command, log, port, environment=None, beside=(), limits=None, folder=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
                                        preexec_fn=limits, cwd=folder)
        self.roots = [self.process.pid, *beside]

    def meter(self):
        return Meter(self.roots)

    def memory(self):
        return memory(self.roots[:1])

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def verify(side, users):
    """Has these users' passwords verified, which the server then remembers for a while."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda user: call(side.port, "GET", "/api/v3/user", basic(f"user-{user}", PASSWORD)), users))


class Limit:
    """So many bytes of memory for a server: by a cgroup where one can be made, else by RLIMIT_DATA, which
    counts what a process has written of its own, and makes it fail instead of ending it."""

    def __init__(self, size):
        self.size, self.group, self.how = size, None, "RLIMIT_DATA"
        name = f"grantd-bench-{os.getpid()}"
        for top, file in (("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")):
            group = pathlib.Path(top) / name
            try:
                group.mkdir()
            except OSError:
                continue
            # Where nothing is mounted, a folder is a folder.
            if (group / file).exists():
                (group / file).write_text(str(size))
                self.group, self.how = group, f"cgroup, {file}"
                return
            group.rmdir()

    def __call__(self):
        """In the child, before the program begins."""
        if self.group:
            (self.group / "cgroup.procs").write_text(str(os.getpid()))
        else:
            resource.setrlimit(resource.RLIMIT_DATA, (self.size, self.size))

    def most(self):
        """The most that was in use, page cache included, where the kernel tells."""
        for file in ("memory.peak", "memory.max_usage_in_bytes"):
            if self.group and (self.group / file).exists():
                return int((self.group / file).read_text())
        return None

    def remove(self):
        for _ in range(100 if self.group else 0):
            try:
                return self.group.rmdir()
            except OSError:
                # Those who have ended are still being taken off its list.
                time.sleep(0.05)


class Store:
    """A store that `grantd bench load` has filled."""

    def __init__(self, run, name, tokens, database=None, first_user=0, users=None, samples=True):
        self.run, self.folder, self.database = run, run.folder / name, database
        self.tokens, self.users, self.samples = tokens, users or max(2_000, tokens // 10), None
        command = [run.program, "bench", "load", "--data", str(self.folder), "--users", str(self.users),
                   "--tokens", str(tokens), "--first-user-tokens", str(first_user), "--password-stdin"]
        if samples:
            self.samples = run.folder / f"{name}.tokens"
            command += ["--samples", str(self.samples)]
        done = subprocess.run(command, input=PASSWORD + "\n", text=True, check=True, stdout=subprocess.PIPE,
                              stderr=run.log, env=self.environment())
        self.loaded = json.loads(done.stdout)
        self.apps = {app["client_id"]: basic(app["client_id"], app["client_secret"]) for app in self.loaded["apps"]}
        if samples:
            with open(self.samples) as lines:
                self.client_id, self.token = next(lines).split()
            self.check = f"/api/v3/applications/{self.client_id}/tokens/{self.token}"

    def environment(self, **settings):
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GRANTD_")}
        if self.database:
            environment["GRANTD_DATABASE"] = self.database
        return environment | {f"GRANTD_{name.upper()}": str(value) for name, value in settings.items()}

    def start(self, name="grantd", limits=None, wait=True, **settings):
        """With all that an operator may have on: limits, a log line for each request, metrics."""
        port, log = free_port(), open(self.run.folder / f"{name}.log", "ab")
        environment = self.environment(
            requests_per_hour=PLENTY, app_requests_per_hour=PLENTY, creations_per_hour=PLENTY,
            log="info", metrics_listen=f"127.0.0.1:{free_port()}", trusted_proxies="127.0.0.1",
            listen=f"127.0.0.1:{port}", **settings)
        beside = [int(os.environ["POSTGRES_PID"])] if self.database else []
        side = Side(name, [self.run.program, "serve", "--data", str(self.folder)], log, port, environment, beside, limits)
        log.close()
        self.run.started.append(side)
        if wait:
            wait_for(side, "/healthz")
        return side


def start_nginx(run, name, answers):
    """Answers each path, and all below it, with `return`; long bodies in pieces, which is all its parser takes."""
    folder = run.folder / name
    (folder / "temp").mkdir(parents=True)
    locations = []
    for number, (path, (status, body)) in enumerate(answers.items()):
        text = body.decode()
        pieces = [text[at:at + 3_000] for at in range(0, len(text), 3_000)]
        quoted = [piece.replace("\\", "\\\\").replace("'", "\\'").replace("$", "-") for piece in pieces]
        sets = "".join(f"set $piece{number}_{at} '{piece}';\n" for at, piece in enumerate(quoted))
        value = "".join(f"${{piece{number}_{at}}}" for at in range(len(pieces)))
        locations.append(f"location {path} {{ {sets} return {status} \"{value}\"; }}")
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
    side = Side("nginx", ["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"], run.log, port)
    run.started.append(side)
    wait_for(side, "/")
    return side
