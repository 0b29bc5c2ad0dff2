"""The fixture by itself: each part of it against a real server."""

import base64
import http.client
import json
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

import pytest

from grantd_pytest import Grantd, GrantdError


def ask(server, method, path, *, auth=None, token=None, otp=None, body=None):
    """Status, headers and JSON, as a client of the API would get them."""
    request = urllib.request.Request(server.api_url + path, method=method)
    if auth:
        request.add_header("Authorization", "Basic " + base64.b64encode(":".join(auth).encode()).decode())
    if token:
        request.add_header("Authorization", f"token {token}")
    if otp:
        request.add_header("X-GitHub-OTP", otp)
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, data, timeout=20) as answer:
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else None
    except urllib.error.HTTPError as refused:
        return refused.code, refused.headers, json.loads(refused.read())


def mint(server, note="a note"):
    octocat = server.users["octocat"]
    status, _, made = ask(server, "POST", "/authorizations", auth=octocat.auth, body={"note": note})
    assert status == 201
    return made["token"]


made_before = []


@pytest.mark.parametrize("turn", range(2))
def test_each_test_finds_the_same_beginning(grantd, turn):
    made_before.append(mint(grantd))
    assert made_before[turn] == made_before[0]
    assert grantd.clock.now() == datetime(2020, 11, 1, tzinfo=timezone.utc)
    assert len(grantd.journal) == 1
    grantd.clock.advance(60)
    grantd.faults.status(500, times=0)


def test_users_apps_and_tokens_are_good(grantd):
    (token, *_), app = grantd.tokens, grantd.apps["my github app"]
    assert ask(grantd, "GET", "/user", token=token.token)[2]["login"] == "octocat"
    monalisa = grantd.users["monalisa"]
    assert ask(grantd, "GET", "/authorizations", auth=monalisa.auth)[0] == 401
    code = grantd.otp("monalisa")
    assert ask(grantd, "GET", "/authorizations", auth=monalisa.auth, otp=code)[0] == 200
    checked = next(token for token in grantd.tokens if token.note == "to check")
    path = f"/applications/{app.client_id}/tokens/{checked.token}"
    assert ask(grantd, "GET", path, auth=app.auth)[0] == 200
    with pytest.raises(GrantdError, match="no one-time codes"):
        grantd.otp("octocat")


def test_the_clock_ends_tokens(grantd):
    token = mint(grantd)
    grantd.clock.advance(timedelta(days=29))
    assert ask(grantd, "GET", "/user", token=token)[0] == 200
    grantd.clock.advance(timedelta(days=1))
    assert ask(grantd, "GET", "/user", token=token)[0] == 401
    later = datetime(2030, 5, 1, 12, tzinfo=timezone.utc)
    assert grantd.clock.set(later) == later
    assert grantd.clock.run() >= later
    assert grantd.clock.stop() >= later
    with pytest.raises(ValueError):
        grantd.clock.set(datetime(2030, 5, 1))
    with pytest.raises(GrantdError, match="400"):
        grantd.clock.set("soon")


def test_owners_are_told_of_an_end(grantd):
    mint(grantd, note="ends soon")
    grantd.clock.advance(timedelta(days=23, seconds=1))
    mails = [mail for mail in grantd.mails() if "ends soon" in mail.text]
    assert [mail.to for mail in mails] == ["octocat@example.com"]


def test_the_journal_knows_both_sides(grantd):
    mint(grantd, note="mine")
    (entry,) = grantd.journal.entries(method="POST", path="/authorizations")
    assert (entry.path, entry.status, entry.fault) == ("/api/v3/authorizations", 201, None)
    assert entry.request.json() == {"note": "mine"}
    assert entry.response.json()["note"] == "mine"
    assert entry.request.headers["authorization"].startswith("Basic ")
    assert grantd.journal.last() == entry
    assert grantd.journal.entries(after=entry.id) == []
    grantd.journal.clear()
    assert list(grantd.journal) == []
    with pytest.raises(GrantdError):
        grantd.journal.last()


def test_faults_are_met_as_often_as_they_say(grantd):
    token = grantd.tokens[0].token
    number = grantd.faults.status(502, body={"message": "no"}, path="/user", after=1, times=2)
    assert [ask(grantd, "GET", "/user", token=token)[0] for _ in range(4)] == [200, 502, 502, 200]
    assert [entry.fault for entry in grantd.journal] == [None, number, number, None]
    grantd.faults.remove(number)
    with pytest.raises(GrantdError, match="404"):
        grantd.faults.remove(number)
    grantd.faults.delay(0.3)
    began = time.monotonic()
    ask(grantd, "GET", "/user", token=token)
    assert time.monotonic() - began >= 0.3
    grantd.faults.rate_limit(60)
    status, headers, refused = ask(grantd, "GET", "/user", token=token)
    assert (status, headers["X-RateLimit-Remaining"], headers["X-RateLimit-Limit"]) == (403, "0", "60")
    assert refused["message"].startswith("API rate limit exceeded")
    grantd.faults.brownout()
    octocat = grantd.users["octocat"].auth
    assert ask(grantd, "GET", "/authorizations", auth=octocat)[0] == 404
    for when in ("before", "after", "half"):
        grantd.faults.cut(when)
        with pytest.raises((OSError, http.client.HTTPException)):
            ask(grantd, "GET", "/user", token=token)
    grantd.faults.status(500, times=0)
    grantd.faults.clear()
    assert ask(grantd, "GET", "/user", token=token)[0] == 200
    with pytest.raises(GrantdError, match="unknown field"):
        grantd.faults.add(statsu=500)


def test_it_can_be_used_without_fixtures(grantd_server, pytestconfig, tmp_path):
    seed = tmp_path / "seed.toml"
    seed.write_text('[[users]]\nlogin = "ada"\npassword = "a good long passphrase"\n')
    program = pytestconfig.getoption("--grantd-program")
    with Grantd(program, seed_file=seed, seed=7, clock="2021-01-01T00:00:00Z") as server:
        assert list(server.users) == ["ada"]
        assert ask(server, "GET", "/authorizations", auth=server.users["ada"].auth)[0] == 200
        process = server._process
    assert process.returncode == 0
    server.stop()
    seed.write_text("[[users]]\n")
    with pytest.raises(GrantdError, match="line 1: missing field `login`"):
        Grantd(program, seed_file=seed)
    with pytest.raises(GrantdError, match="cannot start"):
        Grantd(str(tmp_path / "nothing"))


def test_a_failed_test_shows_what_was_asked(pytester, pytestconfig):
    pytester.makepyfile(
        """
        import urllib.request

        def test_that_fails(grantd):
            urllib.request.urlopen(grantd.api_url + "/meta")
            assert False
        """
    )
    program = pytestconfig.getoption("--grantd-program")
    result = pytester.runpytest_subprocess(f"--grantd-program={program}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*grantd's journal*", "GET /api/v3/meta -> 200"])
