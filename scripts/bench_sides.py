"""What scripts/bench.py measures: servers, their CPU time, and wrk before them."""

import base64
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
PASSWORD = "correct horse battery staple"
CLIENT_ID, CLIENT_SECRET = "abcde12345fghij67890", "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f"
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


def cpu_of(pid):
    """Seconds of CPU of a process and all below it so far, those that have ended included."""
    below, total, stats = {pid}, 0, {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            stats[int(entry)] = (int(fields[1]), sum(map(int, fields[11:15])))
    grew = True
    while grew:
        more = {pid for pid, (parent, _) in stats.items() if parent in below} - below
        grew = bool(more)
        below |= more
    for pid in below:
        total += stats.get(pid, (0, 0))[1]
    return total / TICK


class Side:
    """A server under measurement."""

    def __init__(self, name, command, log, environment=None):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def cpu(self):
        return cpu_of(self.process.pid)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def environment_of(database):
    """For grantd: PostgreSQL by its URL, or a file in its folder."""
    environment = dict(os.environ)
    environment.pop("GRANTD_DATABASE", None)
    if database:
        environment["GRANTD_DATABASE"] = database
    return environment


def provision(binary, folder, database=None):
    def command(*arguments, secret):
        subprocess.run([binary, "--data", str(folder), *arguments], input=secret + "\n", text=True,
                       check=True, stdout=subprocess.DEVNULL, env=environment_of(database))
    for login in ("reader", "writer"):
        command("user", "create", login, "--password-stdin", secret=PASSWORD)
    command("app", "create", "bench", "--owner", "writer", "--url", "http://example.com",
            "--callback-url", "http://example.com/callback", "--client-id", CLIENT_ID,
            "--client-secret-stdin", secret=CLIENT_SECRET)


def start_grantd(binary, folder, log, database=None):
    port = free_port()
    side = Side("grantd", [binary, "serve", "--data", str(folder), "--listen", f"127.0.0.1:{port}",
                           "--log", "warn"], log, environment_of(database))
    wait_for(port, "/healthz")
    return side, port


def path_to_check(port):
    """Where the app checks a token that was just made for it."""
    made = call(port, "PUT", f"/api/v3/authorizations/clients/{CLIENT_ID}/bench", WRITER,
                {"client_secret": CLIENT_SECRET, "scopes": ["repo", "user"], "note": "to check"})
    return f"/api/v3/applications/{CLIENT_ID}/tokens/{json.loads(made)['token']}"


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


class Wrk:
    """Asks one thing again and again."""

    def __init__(self, port, path, authorization, seconds, connections, threads=2, create=None):
        environment = dict(os.environ, BENCH_PATH=path, BENCH_AUTH=authorization)
        environment.pop("BENCH_CREATE", None)
        if create:
            environment["BENCH_CREATE"] = create
        self.process = subprocess.Popen(
            ["wrk", f"-t{threads}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s",
             "-s", str(HERE / "bench.lua"), f"http://127.0.0.1:{port}"],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def result(self):
        said, _ = self.process.communicate(timeout=120)
        line = next((line for line in said.splitlines() if line.startswith("RESULT ")), None)
        if line is None:
            sys.exit(f"wrk said nothing of use:\n{said}")
        result = json.loads(line.removeprefix("RESULT "))
        if result["refused"] or result["broken"] or not result["requests"]:
            sys.exit(f"not everything was answered: {line}")
        result["per_second"] = result["requests"] / (result["microseconds"] / 1e6)
        return result


def load(side, port, path, authorization, create, seconds, connections):
    before = side.cpu()
    result = Wrk(port, path, authorization, seconds, connections, create=create).result()
    result["cpu_seconds"] = side.cpu() - before
    result["cpu_microseconds"] = result["cpu_seconds"] * 1e6 / result["requests"]
    return result
