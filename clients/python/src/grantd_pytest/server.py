"""A running `grantd dev` and what can be asked of it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Union

_LONGEST_START = 30.0


class GrantdError(Exception):
    """The server could not be started, or refused what it was asked under /_dev."""


@dataclass(frozen=True)
class User:
    """A user of the seed."""

    login: str
    id: int
    password: str
    email: str
    site_admin: bool
    otp_secret: Optional[str]
    otpauth_url: Optional[str]
    recovery_codes: List[str]

    @property
    def auth(self) -> "tuple[str, str]":
        """Login and password, as most HTTP libraries take them."""
        return (self.login, self.password)


@dataclass(frozen=True)
class App:
    """An app of the seed."""

    name: str
    client_id: str
    client_secret: Optional[str]
    owner: str
    callback_urls: List[str]

    @property
    def auth(self) -> "tuple[str, str]":
        """Client id and secret, as most HTTP libraries take them."""
        return (self.client_id, self.client_secret or "")


@dataclass(frozen=True)
class Token:
    """A token of the seed, in clear text."""

    id: int
    user: str
    app: Optional[str]
    token: str
    scopes: List[str]
    note: Optional[str]
    fingerprint: Optional[str]
    grant_id: Optional[int]


@dataclass(frozen=True)
class Mail:
    """A mail that a real server would have sent."""

    at: str
    to: str
    subject: str
    text: str


@dataclass(frozen=True)
class Body:
    """One side of an entry in the journal. Names of headers are in lower case."""

    headers: Dict[str, str]
    content: bytes
    truncated: bool

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; None when it is empty."""
        return json.loads(self.content) if self.content else None


@dataclass(frozen=True)
class Entry:
    """A request and its answer."""

    id: int
    at: str
    took_ms: int
    method: str
    path: str
    query: str
    request: Body
    status: Optional[int]
    """None when the connection was cut before anything was answered."""
    response: Optional[Body]
    fault: Optional[int]


def _body(side: Mapping[str, Any]) -> Body:
    if "body_base64" in side:
        content = base64.b64decode(side["body_base64"])
    else:
        content = side.get("body", "").encode()
    return Body(dict(side["headers"]), content, side.get("truncated", False))


def _entry(raw: Mapping[str, Any]) -> Entry:
    asked, answered = raw["request"], raw["response"]
    return Entry(
        id=raw["id"],
        at=raw["at"],
        took_ms=raw["took_ms"],
        method=asked["method"],
        path=asked["path"],
        query=asked["query"],
        request=_body(asked),
        status=answered and answered["status"],
        response=_body(answered) if answered else None,
        fault=raw.get("fault"),
    )


class Clock:
    """The server's time. Everything that ends, ends by it."""

    def __init__(self, server: "Grantd") -> None:
        self._server = server

    def now(self) -> datetime:
        """The present second."""
        return self._read(self._server.dev("GET", "/clock"))

    def set(self, now: Union[datetime, str], running: Optional[bool] = None) -> datetime:
        """Moves it there. It goes on as before unless `running` says otherwise."""
        if isinstance(now, datetime):
            if now.tzinfo is None:
                raise ValueError("a time without a zone means nothing; give tzinfo")
            now = now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        return self._put({"now": now, "running": running})

    def advance(self, by: Union[timedelta, float]) -> datetime:
        """Moves it by a duration or by seconds, and does what is due by then."""
        seconds = by.total_seconds() if isinstance(by, timedelta) else by
        return self._read(self._server.dev("POST", "/clock", {"advance": int(seconds)}))

    def stop(self) -> datetime:
        """Stands where it is."""
        return self._put({"running": False})

    def run(self) -> datetime:
        """Goes on from where it is."""
        return self._put({"running": True})

    def _put(self, wish: Mapping[str, Any]) -> datetime:
        said = {key: value for key, value in wish.items() if value is not None}
        return self._read(self._server.dev("PUT", "/clock", said))

    @staticmethod
    def _read(answer: Mapping[str, Any]) -> datetime:
        return datetime.strptime(answer["now"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


class Journal:
    """What came and what was answered since the last reset."""

    def __init__(self, server: "Grantd") -> None:
        self._server = server

    def entries(
        self, *, after: int = 0, method: Optional[str] = None, path: Optional[str] = None
    ) -> List[Entry]:
        """Entries, in the order of their answers; `*` in a path stands for anything."""
        wanted = {"after": str(after), "method": method, "path": path}
        query = {name: value for name, value in wanted.items() if value is not None}
        seen = self._server.dev("GET", "/journal?" + urllib.parse.urlencode(query))
        return [_entry(raw) for raw in seen["entries"]]

    def last(self) -> Entry:
        """The newest entry."""
        entries = self.entries()
        if not entries:
            raise GrantdError("nothing has been asked yet")
        return entries[-1]

    def clear(self) -> None:
        """Forgets everything."""
        self._server.dev("DELETE", "/journal")

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries())

    def __len__(self) -> int:
        return len(self.entries())


class Faults:
    """Faults on demand. Each returns the fault's number."""

    def __init__(self, server: "Grantd") -> None:
        self._server = server

    def add(self, **fault: Any) -> int:
        """Any fault, in the words of the control API."""
        given = {key: value for key, value in fault.items() if value is not None}
        return int(self._server.dev("POST", "/faults", given)["id"])

    def status(self, status: int, *, body: Any = None, **where: Any) -> int:
        """This status in place of an answer."""
        return self.add(status=status, body=body, **where)

    def delay(self, seconds: float, **where: Any) -> int:
        """The usual answer, later."""
        return self.add(delay_ms=int(seconds * 1000), **where)

    def cut(self, when: str = "before", **where: Any) -> int:
        """The connection ends `before` or `after` the request is carried out, or in `half` of the answer."""
        return self.add(cut=when, **where)

    def rate_limit(self, limit: int = 5000, **where: Any) -> int:
        """As if this hour's requests were spent."""
        return self.add(rate_limit_spent=limit, **where)

    def brownout(self, **where: Any) -> int:
        """As if the OAuth Authorizations API were switched off for practice."""
        return self.add(brownout=True, **where)

    def remove(self, number: int) -> None:
        """Takes one back."""
        self._server.dev("DELETE", f"/faults/{number}")

    def clear(self) -> None:
        """Takes all back."""
        self._server.dev("DELETE", "/faults")


class Grantd:
    """A `grantd dev` of one's own. Use it in a `with`, or call `stop`."""

    def __init__(
        self,
        program: str = "grantd",
        *,
        seed_file: Optional[Union[str, "os.PathLike[str]"]] = None,
        seed: Optional[int] = None,
        clock: Optional[str] = None,
        arguments: Sequence[str] = (),
    ) -> None:
        command = [program, "dev", "--json", "--until-eof", "--listen", "127.0.0.1:0"]
        if seed_file is not None:
            command += ["--seed-file", os.fspath(seed_file)]
        if seed is not None:
            command += ["--seed", str(seed)]
        if clock is not None:
            command += ["--clock", clock]
        # The settings of a real server on this machine are not meant here.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("GRANTD_")}
        try:
            self._process = subprocess.Popen(
                [*command, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment,
                text=True,
            )
        except OSError as why:
            raise GrantdError(f"cannot start {program}: {why}") from why
        self._log: List[str] = []
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self._take(self._announcement())
        self.clock = Clock(self)
        self.journal = Journal(self)
        self.faults = Faults(self)

    def _read_log(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._log.append(line.rstrip("\n"))

    def _announcement(self) -> Mapping[str, Any]:
        line: List[str] = []
        assert self._process.stdout is not None
        stdout = self._process.stdout
        reading = threading.Thread(target=lambda: line.append(stdout.readline()), daemon=True)
        reading.start()
        reading.join(_LONGEST_START)
        if not line or not line[0]:
            self._process.kill()
            self._process.wait()
            self._reader.join(5)
            raise GrantdError("grantd dev did not start:\n" + "\n".join(self._log))
        return json.loads(line[0])

    def _take(self, overview: Mapping[str, Any]) -> None:
        self.url: str = overview["url"]
        """Where people go."""
        self.api_url: str = overview["api_url"]
        """What clients take for the API; it ends in /api/v3."""
        self.dev_url: str = overview["dev_url"]
        users = [{k: v for k, v in user.items() if k != "otp_code"} for user in overview["users"]]
        self.users: Dict[str, User] = {user["login"]: User(**user) for user in users}
        """By login."""
        self.apps: Dict[str, App] = {app["name"]: App(**app) for app in overview["apps"]}
        """By name."""
        self.tokens: List[Token] = [Token(**token) for token in overview["tokens"]]
        """In the order of the seed."""

    @property
    def log(self) -> List[str]:
        """What the server said on standard error."""
        return list(self._log)

    def otp(self, login: str) -> str:
        """The one-time code of a user at the server's time."""
        for user in self.dev("GET", "")["users"]:
            if user["login"] == login and user["otp_code"]:
                return str(user["otp_code"])
        raise GrantdError(f"{login} has no one-time codes")

    def mails(self) -> List[Mail]:
        """Mails since the last reset."""
        return [Mail(**mail) for mail in self.dev("GET", "/mails")["mails"]]

    def reset(self) -> None:
        """The beginning again: the seed's users, apps, tokens and time, no faults, an empty journal."""
        self._take(self.dev("POST", "/reset"))

    def dev(self, method: str, path: str, body: Any = None) -> Any:
        """Asks the control API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.dev_url + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        # No proxy stands between this machine and itself.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_LONGEST_START) as answer:
                text = answer.read()
        except urllib.error.HTTPError as refused:
            text = refused.read().decode("utf-8", "replace")
            raise GrantdError(f"{method} {path}: {refused.code} {text.strip()}") from None
        except OSError as why:
            raise GrantdError(f"{method} {path}: {why}\n" + "\n".join(self._log[-20:])) from why
        return json.loads(text) if text else None

    def stop(self) -> None:
        """Ends the server and waits for it. Once is enough; twice does no harm."""
        process = self._process
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._reader.join(5)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def __enter__(self) -> "Grantd":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
