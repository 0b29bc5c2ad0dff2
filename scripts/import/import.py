"""The two ends of a move: a server whose API hands out tokens and prints its
list of them, and one that has taken them in.

    import.py mint API_URL COUNT FOLDER     mints, and writes dump.json and presented.json
    import.py check API_URL FOLDER...       presents what each folder's presented.json holds

A token that is presented must open `GET /user` as its owner, with its scopes; one
with a character changed must not, and neither must one that was revoked.
"""

import base64
import http.client
import json
import sys
import urllib.parse
import zlib
from pathlib import Path

LOGIN, PASSWORD = "octocat", "correct horse battery staple"
# What the scopes of Doorkeeper are called after the import.
OURS = {"read": ["user"], "write": ["repo", "gist"], "admin": ["admin:org"]}
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class Api:
    def __init__(self, url):
        parts = urllib.parse.urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        self.base = parts.path

    def call(self, method, path, authorization, body=None):
        headers = {"Authorization": authorization, "User-Agent": "import", "Accept": "application/json"}
        body = json.dumps(body) if body is not None else None
        self.connection.request(method, self.base + path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        return answer.status, answer.headers, json.loads(text) if text else None


def basic(name, password):
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def mint(url, count, folder):
    api, who, presented = Api(url), basic(LOGIN, PASSWORD), []
    for number in range(count):
        scopes = [["repo"], ["user", "gist"], []][number % 3]
        body = {"note": f"machine {number}", "scopes": scopes, "fingerprint": str(number)}
        status, _, made = api.call("POST", "/authorizations", who, body)
        assert status == 201, (status, made)
        presented.append({"token": made["token"], "login": LOGIN, "scopes": scopes})
    pages, page = [], 1
    while not pages or len(pages[-1]) == 100:
        status, _, listed = api.call("GET", f"/authorizations?per_page=100&page={page}", who)
        assert status == 200, (status, listed)
        pages.append(listed)
        page += 1
    Path(folder, "dump.json").write_text("\n".join(json.dumps(one) for one in pages))
    Path(folder, "presented.json").write_text(json.dumps({"tokens": presented, "gone": []}))


def checksum(random):
    rest, digits = zlib.crc32(random.encode()), ""
    for _ in range(6):
        rest, digit = divmod(rest, 62)
        digits = BASE62[digit] + digits
    return digits


def mutated(token, number):
    """Another token of the same shape, one character away but for the checksum."""
    own = token.startswith("gt") and token[3] == "_"
    head, body = (token[:4], token[4:34]) if own else ("", token)
    at = number % len(body)
    other = BASE62[(BASE62.index(body[at]) + 1) % 62] if body[at] in BASE62 else "A"
    body = body[:at] + other + body[at + 1 :]
    return head + body + (checksum(body) if own else "")


def check(url, folders):
    api, right, refused = Api(url), 0, 0
    for folder in folders:
        told = json.loads(Path(folder, "presented.json").read_text())
        for number, one in enumerate(told["tokens"]):
            status, headers, user = api.call("GET", "/user", "token " + one["token"])
            expected = sorted(ours for scope in one["scopes"] for ours in OURS.get(scope, [scope]))
            found = sorted(filter(None, headers.get("X-OAuth-Scopes", "").split(", ")))
            assert status == 200, f"{folder}: token {number} is answered {status}"
            assert (user["login"], found) == (one["login"], expected), f"{folder}: token {number}: {user['login']} {found}"
            right += 1
            other = mutated(one["token"], number)
            assert other != one["token"]
            status, _, _ = api.call("GET", "/user", "token " + other)
            assert status == 401, f"{folder}: a mutation of token {number} is answered {status}"
            refused += 1
        for gone in told["gone"]:
            status, _, _ = api.call("GET", "/user", "token " + gone)
            assert status == 401, f"{folder}: a revoked token is answered {status}"
        if "client_id" in told:
            body = {"access_token": told["tokens"][0]["token"]}
            app = basic(told["client_id"], told["client_secret"])
            status, _, found = api.call("POST", f"/applications/{told['client_id']}/token", app, body)
            assert (status, found["user"]["login"]) == (200, told["tokens"][0]["login"]), (status, found)
            wrong = basic(told["client_id"], told["client_secret"][:-1] + "!")
            status, _, _ = api.call("POST", f"/applications/{told['client_id']}/token", wrong, body)
            assert status == 401, status
            print("ok - the app proves itself by its old secret, and checks a token")
    print(f"ok - {right} tokens open what they opened, {refused} mutated ones nothing")


command, url, *rest = sys.argv[1:]
if command == "mint":
    mint(url, int(rest[0]), rest[1])
else:
    check(url, rest)
