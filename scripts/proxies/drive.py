"""Starts each proxy with exactly the recipe that is shipped, its hosts, ports and
places of files replaced; before it grantd and an application that echoes what it
is told. Who may pass passes, as whom grantd says; nobody else does; and what a
client sends to grantd through the proxy stands in no log."""

import base64
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
RECIPES = TOP / "packaging" / "proxies"
LOGIN, PASSWORD = "octocat", "correct horse battery staple"
CLIENT_ID, SECRET = "abcde12345fghij67890", "3ef4ad510c59ad37bac6bb4f80047fb3aee3cc7f"
GRANTD_HOST, APP_HOST = "tokens.example.com", "app.example.com"
# A token's shape and a right checksum, and nobody's.
UNKNOWN = "gtp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"


class Broken(Exception):
    pass


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ask(port, method, path, host="127.0.0.1", body=None, **headers):
    """Status, headers (names in lower case), text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host)
        connection.putheader("User-Agent", "proxies")
        for name, value in headers.items():
            connection.putheader(name if name.isupper() else name.replace("_", "-"), value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, found, answer.read().decode()
    finally:
        connection.close()


def until(ready, what, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ready():
                return
        time.sleep(0.05)
    raise Broken(f"{what}: not within {seconds} s")


def listens(port):
    with socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


class Application:
    """Says what it was told, and counts."""

    def __init__(self):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                length = int(self.headers.get("Content-Length") or 0)
                told = {
                    "method": self.command,
                    "path": self.path,
                    "headers": [[name.lower(), value] for name, value in self.headers.items()],
                    "body": self.rfile.read(length).decode(),
                }
                seen.append(told)
                text = json.dumps(told).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):
                """Proxies cut connections that they keep."""

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


class Grantd:
    def __init__(self, work):
        self.binary, self.data, self.port = os.environ["GRANTD_BIN"], work / "data", free_port()
        self.log = open(work / "grantd.log", "wb")
        self.process = None

    def command(self, *arguments, secret):
        subprocess.run([self.binary, "--data", self.data, *arguments], input=secret + "\n", text=True,
                       check=True, stdout=subprocess.DEVNULL)

    def provision(self):
        self.command("user", "create", LOGIN, "--password-stdin", secret=PASSWORD)
        self.command("app", "create", "proxies", "--owner", LOGIN, "--url", "http://example.com",
                     "--callback-url", "http://example.com/callback", "--client-id", CLIENT_ID,
                     "--client-secret-stdin", secret=SECRET)

    def start(self):
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             "--public-url", f"http://{GRANTD_HOST}", "--trusted-proxies", "127.0.0.1"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        until(lambda: self.process.poll() is None and ask(self.port, "GET", "/healthz")[0] == 200, "grantd")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def create(self, scopes, note, **app):
        body = json.dumps({"scopes": scopes, "note": note, **app})
        status, _, text = ask(self.port, "POST", "/authorizations", body=body.encode(),
                              Authorization=basic(LOGIN, PASSWORD))
        if status != 201:
            raise Broken(f"no token: {status} {text}")
        return json.loads(text)

    def end_at(self, record, moment):
        """Nobody else writes now."""
        with contextlib.closing(sqlite3.connect(self.data / "grantd.db")) as database:
            database.execute("UPDATE authorizations SET expires_at = ? WHERE id = ?", (moment, record["id"]))
            database.commit()


def recipe(name, work, **replaced):
    """A shipped file with these texts replaced; each must be there."""
    text = (RECIPES / name).read_text()
    for old, new in replaced["texts"]:
        if old not in text:
            raise Broken(f"{name} has no {old!r}")
        text = text.replace(old, new)
    target = work / name
    target.write_text(text)
    return target


class Proxy:
    """One that runs on a port of its own."""

    def __init__(self, name, grantd, application, work):
        self.name, self.work, self.port = name, work, free_port()
        work.mkdir()
        self.texts = [("127.0.0.1:8370", f"127.0.0.1:{grantd.port}"), ("127.0.0.1:3000", f"127.0.0.1:{application.port}")]
        command = getattr(self, name)()
        self.output = open(work / "output.log", "wb")
        environment = dict(os.environ, HOME=str(work), XDG_DATA_HOME=str(work), XDG_CONFIG_HOME=str(work),
                           CADDY_ADMIN=f"127.0.0.1:{free_port()}")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
                                        env=environment, cwd=work)
        until(lambda: listens(self.port), name)

    def nginx(self):
        shipped = recipe("nginx.conf", self.work, texts=[
            *self.texts, ("listen 80;", f"listen 127.0.0.1:{self.port};"), ("/var/log/nginx/", f"{self.work}/")])
        places = "".join(f"{what}_temp_path {self.work}/{what};\n"
                         for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        whole = self.work / "whole.conf"
        user = "user root;\n" if os.getuid() == 0 else ""
        whole.write_text(f"{user}daemon off;\nworker_processes 1;\npid {self.work}/pid;\n"
                         f"error_log {self.work}/error.log info;\nevents {{}}\n"
                         f"http {{\naccess_log {self.work}/access.log;\n{places}include {shipped};\n}}\n")
        return ["nginx", "-p", self.work, "-e", self.work / "first.log", "-c", whole]

    def haproxy(self):
        shipped = recipe("haproxy.cfg", self.work, texts=[
            *self.texts, ("bind :80", f"bind 127.0.0.1:{self.port}"), ("log /dev/log local0", "log stdout format raw local0"),
            ("/etc/haproxy/", f"{RECIPES}/")])
        return ["haproxy", "-db", "-f", shipped]

    def caddy(self):
        shipped = recipe("Caddyfile", self.work, texts=[
            *self.texts, (f"\n{GRANTD_HOST} {{", f"\nhttp://{GRANTD_HOST}:{self.port} {{"),
            (f"\n{APP_HOST} {{", f"\nhttp://{APP_HOST}:{self.port} {{")])
        return ["caddy", "run", "--adapter", "caddyfile", "--config", shipped]

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
        self.output.close()


class Trial:
    """What is asked of one proxy."""

    def __init__(self, proxy, grantd, application):
        self.proxy, self.grantd, self.application = proxy, grantd, application
        self.user_id = None

    def ask(self, method="GET", path="/hello?a=b", body=None, **headers):
        return ask(self.proxy.port, method, path, host=APP_HOST, body=body, **headers)

    def passes(self, authorization, expected, **more):
        status, _, text = self.ask(Authorization=authorization, **more)
        if status != 200:
            raise Broken(f"refused with {status}: {text[:200]}")
        told = json.loads(text)
        names = [name for name, _ in told["headers"]]
        found = [[name, value] for name, value in told["headers"] if name.replace("_", "-").startswith("x-auth-")]
        # An empty value is as good as no header.
        found = {name: value for name, value in found if value}
        if found != expected or "authorization" in names or told["path"] != "/hello?a=b":
            raise Broken(f"the application was told {told}, not {expected}")

    def is_refused(self, statuses, challenge=None, method="GET", **headers):
        before = len(self.application.seen)
        status, found, text = self.ask(method=method, **headers)
        if len(self.application.seen) != before:
            raise Broken(f"it reached the application: {headers}")
        if status not in statuses:
            raise Broken(f"{status} instead of {statuses}: {text[:200]}")
        if challenge is not None and found.get("www-authenticate") != challenge:
            raise Broken(f"challenged by {found.get('www-authenticate')!r} instead of {challenge!r}")

    def admits_a_right_token_as_whom_grantd_says(self, tokens):
        personal, of_app = tokens["personal"]["token"], tokens["of app"]["token"]
        told = {"x-auth-login": LOGIN, "x-auth-user-id": self.user_id, "x-auth-scopes": "repo, user"}
        for authorization in (f"Bearer {personal}", f"token {personal}", basic(personal, "x-oauth-basic"),
                              basic(personal, ""), basic("whoever", personal)):
            self.passes(authorization, told)
        # What a client says of itself counts nothing, also where grantd says nothing.
        claims = {"X_Auth_Login": "admin", "X_Auth_User_Id": "1", "X_Auth_Client_Id": "admin", "X_Auth_Scopes": "site_admin"}
        self.passes(f"Bearer {personal}", told, **claims)
        self.passes(f"Bearer {personal}", told, **{name.upper(): value for name, value in claims.items()})
        self.passes(f"Bearer {of_app}", {**told, "x-auth-scopes": "repo", "x-auth-client-id": CLIENT_ID})
        status, _, text = self.ask("POST", body=b"kept", Authorization=f"Bearer {personal}")
        told = json.loads(text)
        if (status, told["method"], told["body"]) != (200, "POST", "kept"):
            raise Broken(f"a body was lost: {status} {text[:200]}")

    def refuses_none_wrong_expired_revoked_and_under_scoped_ones(self, tokens):
        realm = f'Bearer realm="http://{GRANTD_HOST}"'
        invalid = f'{realm}, error="invalid_token"'
        self.is_refused([401], realm)
        for method in ("POST", "OPTIONS", "DELETE"):
            self.is_refused([401], realm, method=method)
        self.is_refused([401], realm, X_Auth_Login=LOGIN)
        for wrong in (f"Bearer {UNKNOWN}", "Bearer nonsense", basic(LOGIN, PASSWORD), basic(LOGIN, "wrong"),
                      f"Bearer {tokens['expired']['token']}"):
            self.is_refused([401], invalid, Authorization=wrong)
        narrow = f'{realm}, error="insufficient_scope", scope="repo"'
        self.is_refused([403], narrow, Authorization=f"Bearer {tokens['narrow']['token']}")
        # At once: no verdict was kept.
        record = self.grantd.create(["repo"], f"to be revoked behind {self.proxy.name}")
        right = f"Bearer {record['token']}"
        for _ in range(3):
            self.passes(right, {"x-auth-login": LOGIN, "x-auth-user-id": self.user_id, "x-auth-scopes": "repo"})
        status, _, _ = ask(self.grantd.port, "DELETE", f"/authorizations/{record['id']}",
                           Authorization=basic(LOGIN, PASSWORD))
        if status != 204:
            raise Broken(f"not revoked: {status}")
        self.is_refused([401], invalid, Authorization=right)

    def refuses_everybody_while_grantd_is_away(self, tokens):
        right = f"Bearer {tokens['personal']['token']}"
        self.grantd.stop()
        self.is_refused(range(500, 505), Authorization=right)
        self.is_refused(range(500, 505))
        # A few: HAProxy tries each for seconds.
        self.leak(tokens, bases=[""], kinds=["tokens"], methods=["GET"], whole=False)
        self.grantd.start()
        until(lambda: self.ask(Authorization=right)[0] == 200, "admission again")

    def leak(self, tokens, bases=("", "/api/v3", "//"), kinds=("tokens", "grants", "%74okens", "TOKENS"),
             methods=("GET", "HEAD", "PATCH"), whole=True):
        """Tokens in grantd's paths, in every spelling that may come, and beside them other secrets of URLs."""
        def through(method, path, **headers):
            with contextlib.suppress(http.client.HTTPException, ConnectionError):
                return ask(self.proxy.port, method, path, host=GRANTD_HOST, **headers)[0]
        app = basic(CLIENT_ID, SECRET)
        statuses = set()
        for token in (tokens["of app"]["token"], UNKNOWN, tokens["canary"])[:3 if whole else 1]:
            hidden = "".join(f"%{byte:02x}" for byte in token.encode())
            for base in bases:
                for kind in kinds:
                    for spelled in (token, "%" + f"{ord(token[0]):02X}" + token[1:], hidden, f"x/{token}"):
                        path = f"{base}/applications/{CLIENT_ID}/{kind}/{spelled}"
                        for method in methods:
                            statuses.add(through(method, path, Authorization=app))
            for path in (f"/user?access_token={token}", f"/nowhere/{token}", f"/login/oauth/access_token?code={token}"):
                statuses.add(through("POST", path, X_GitHub_OTP=tokens["canary"]))
        return statuses

    def sec_s34_keeps_path_tokens_out_of_its_logs(self, tokens):
        # A query revokes what it holds.
        sacrifice = self.grantd.create(["gist"], f"behind {self.proxy.name}", client_id=CLIENT_ID, client_secret=SECRET)
        statuses = self.leak({**tokens, "of app": sacrifice})
        if not {200, 404, 400} <= statuses:
            raise Broken(f"grantd was not really asked: {statuses}")
        ask(self.proxy.port, "GET", "/meta", host=GRANTD_HOST)
        secrets = [UNKNOWN, tokens["canary"], sacrifice["token"], tokens["of app"]["token"]]
        needles = [spelled for secret in secrets for spelled in spellings(secret)]
        time.sleep(0.5)
        logs = [path for path in self.proxy.work.rglob("*.log") if path.is_file()]
        everything = b"".join(path.read_bytes() for path in logs).lower()
        if b"/meta" not in everything:
            raise Broken(f"the proxy logs nothing: {logs}")
        for needle in needles:
            if needle in everything:
                at = everything.index(needle)
                line = everything[:at].rsplit(b"\n", 1)[-1] + everything[at:].split(b"\n", 1)[0]
                raise Broken(f"a secret stands in a log: {line.decode(errors='replace')[:400]}")


def spellings(secret):
    raw = secret.encode()
    tail = raw[4:-8] # what no masking of ends would excuse
    escaped = urllib.parse.quote(secret, safe="").encode()
    percent = "".join(f"%{byte:02x}" for byte in raw).encode()
    return {text.lower() for text in (tail, escaped, percent, raw.hex().encode(), base64.b64encode(raw)[4:-4])}


CASES = [
    "admits_a_right_token_as_whom_grantd_says",
    "refuses_none_wrong_expired_revoked_and_under_scoped_ones",
    "refuses_everybody_while_grantd_is_away",
    "sec_s34_keeps_path_tokens_out_of_its_logs",
]


def provide(grantd):
    """The tokens of all trials."""
    grantd.provision()
    grantd.start()
    tokens = {
        "personal": grantd.create(["user", "repo"], "personal"),
        "of app": grantd.create(["repo"], "of app", client_id=CLIENT_ID, client_secret=SECRET),
        "narrow": grantd.create(["user"], "narrow"),
        "expired": grantd.create(["repo"], "expired"),
        "canary": "gto_" + os.urandom(18).hex(),
    }
    grantd.stop()
    grantd.end_at(tokens["expired"], int(time.time()) - 1)
    grantd.start()
    return tokens


def main():
    failed = 0
    with tempfile.TemporaryDirectory(prefix="grantd-proxies-") as folder:
        work = pathlib.Path(folder)
        grantd, application = Grantd(work), Application()
        try:
            tokens = provide(grantd)
            _, _, me = ask(grantd.port, "GET", "/user", Authorization=f"token {tokens['personal']['token']}")
            for name in sys.argv[1:] or ["nginx", "haproxy", "caddy"]:
                proxy = Proxy(name, grantd, application, work / name)
                trial = Trial(proxy, grantd, application)
                trial.user_id = str(json.loads(me)["id"])
                try:
                    for case in CASES:
                        try:
                            getattr(trial, case)(tokens)
                            print(f"ok - {name} {case}", flush=True)
                        except (Broken, OSError, http.client.HTTPException) as why:
                            failed += 1
                            print(f"not ok - {name} {case}: {why!r}", flush=True)
                            if grantd.process.poll() is not None:
                                grantd.start()
                finally:
                    proxy.stop()
        finally:
            grantd.stop()
            grantd.log.close()
    print("Traefik and Envoy: not run here")
    sys.exit(1 if failed else 0)


main()
