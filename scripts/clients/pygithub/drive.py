"""Drives every operation of the authorizations API that PyGithub has.

What it needs stands in the environment: see ../lib.sh.
"""

import hashlib
import os
import secrets

from driving import equal, finish, refused, step, totp
from github import Auth, Github
from github.GithubException import (
    BadCredentialsException,
    GithubException,
    TwoFactorException,
    UnknownObjectException,
)

API_URL = os.environ["API_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
LOGIN = os.environ["USER_LOGIN"]
RUN = secrets.token_hex(4)


def client(auth):
    """A client that neither waits between calls nor repeats refused ones."""
    return Github(
        base_url=API_URL,
        auth=auth,
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


user = client(Auth.Login(LOGIN, os.environ["USER_PASSWORD"]))
me = user.get_user()
made = {}


@step("AuthenticatedUser, GET /user")
def _():
    equal(me.login, LOGIN)
    for name in ("id", "node_id", "avatar_url", "html_url", "type", "site_admin", "created_at", "updated_at", "plan"):
        if getattr(me, name) is None:
            raise AssertionError(f"{name} is missing")
    missing = {
        "bio", "blog", "collaborators", "company", "disk_usage", "email", "followers", "following",
        "hireable", "location", "name", "owned_private_repos", "private_gists", "public_gists",
        "public_repos", "total_private_repos", "two_factor_authentication",
    } - set(me.raw_data)
    equal(missing, set())
    return "200, every key"


@step("NamedUser, GET /users/{login}")
def _():
    equal(user.get_user(LOGIN).id, me.id)
    refused(UnknownObjectException, 404, lambda: user.get_user(f"nobody-{RUN}"))
    return "200, 404"


@step("create_authorization")
def _():
    made["pat"] = me.create_authorization(["repo", "gist"], f"PyGithub {RUN}", "http://optional/note/url")
    one = made["pat"]
    equal(hashlib.sha256(one.token.encode()).hexdigest(), one.raw_data["hashed_token"])
    equal((one.scopes, one.note, one.note_url), (["repo", "gist"], f"PyGithub {RUN}", "http://optional/note/url"))
    equal((one.app.name, one.app.url), (one.note, one.note_url))
    return "201, a personal access token"


@step("create_authorization, note taken")
def _():
    error = refused(GithubException, 422, lambda: me.create_authorization(note=f"PyGithub {RUN}"))
    equal(error.data["errors"], [{"resource": "OauthAccess", "code": "already_exists", "field": "description"}])
    return "422 already_exists"


@step("create_authorization, no note")
def _():
    error = refused(GithubException, 422, lambda: me.create_authorization(["gist"]))
    equal(error.data["errors"], [{"resource": "OauthAccess", "code": "missing_field", "field": "description"}])
    return "422 missing_field"


@step("create_authorization, for an app")
def _():
    one = me.create_authorization(["user"], client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
    equal((one.raw_data["app"]["client_id"], one.note), (CLIENT_ID, None))
    equal(client(Auth.Token(one.token)).get_user().login, LOGIN)
    one.delete()
    return "201, and its token works"


@step("get_authorization")
def _():
    one = me.get_authorization(made["pat"].id)
    equal((one.token, one.note, one.created_at), ("", made["pat"].note, made["pat"].created_at))
    refused(UnknownObjectException, 404, lambda: me.get_authorization(2**40))
    return "200 without the token, 404"


@step("get_authorizations")
def _():
    ids = [me.create_authorization(note=f"PyGithub {RUN} page {number}").id for number in range(35)]
    rows = me.get_authorizations()
    found = [row.id for row in rows]
    equal([number for number in found if number in ids], ids)
    equal(rows.totalCount, len(found))
    equal([row.id for row in rows.reversed], found[::-1])
    for number in ids:
        me.get_authorization(number).delete()
    return "35 over two pages, counted, and backwards"


@step("Authorization.edit")
def _():
    one = made["pat"]
    one.edit(add_scopes=["user"])
    equal(one.scopes, ["repo", "gist", "user"])
    one.edit(remove_scopes=["gist"])
    equal(one.scopes, ["repo", "user"])
    one.edit(scopes=["public_repo"], note=f"PyGithub {RUN} edited", note_url="http://optional/other/url")
    equal((one.scopes, one.note, one.note_url), (["public_repo"], f"PyGithub {RUN} edited", "http://optional/other/url"))
    equal((one.app.name, one.app.url), (one.note, one.note_url))
    return "200: scopes added, removed, replaced; note changed"


@step("token in place of the password")
def _():
    one = me.create_authorization(["user", "gist"], f"PyGithub {RUN} token")
    for auth in (Auth.Token(one.token), Auth.Login(LOGIN, one.token)):
        holder = client(auth)
        equal(holder.get_user().login, LOGIN)
        equal(holder.oauth_scopes, ["gist", "user"])
        error = refused(GithubException, 403, lambda: list(holder.get_user().get_authorizations()))
        equal(error.data["message"], "This API can only be accessed with username and password Basic Auth")
    one.delete()
    refused(BadCredentialsException, 401, lambda: client(Auth.Token(one.token)).get_user().login)
    return "its scopes are told, 403 here, 401 once deleted"


@step("Authorization.delete")
def _():
    made["pat"].delete()
    refused(UnknownObjectException, 404, made["pat"].delete)
    return "204, then 404"


@step("wrong password")
def _():
    wrong = client(Auth.Login(LOGIN, "wrong"))
    refused(BadCredentialsException, 401, lambda: wrong.get_user().login)
    equal(client(Auth.Login(LOGIN, os.environ["USER_PASSWORD"])).get_user().login, LOGIN)
    return "401 as BadCredentialsException"


@step("create_authorization, one-time password")
def _():
    guarded = client(Auth.Login(os.environ["OTP_LOGIN"], os.environ["OTP_PASSWORD"])).get_user()
    note = f"PyGithub {RUN} guarded"
    refused(TwoFactorException, 401, lambda: guarded.create_authorization(note=note))
    refused(TwoFactorException, 401, lambda: guarded.create_authorization(note=note, onetime_password="abcdef"))
    one = guarded.create_authorization(["user"], note, onetime_password=totp(os.environ["TOTP_SECRET"]))
    equal(client(Auth.Token(one.token)).get_user().login, os.environ["OTP_LOGIN"])
    return "TwoFactorException without, 201 with"


@step("get_rate_limit")
def _():
    try:
        limit = user.get_rate_limit()
    except UnknownObjectException as error:
        equal(error.data["message"], "Rate limiting is not enabled.")
        return "404, switched off"
    except GithubException as error:
        equal((error.status, error.data["message"]), (404, "Rate limiting is not enabled."))
        return "404, switched off"
    if not 0 <= limit.rate.remaining <= limit.rate.limit:
        raise AssertionError(limit.raw_data)
    return "200"


finish()
