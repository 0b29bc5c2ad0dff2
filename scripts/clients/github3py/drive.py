"""Drives every operation of the authorizations API, and of GitHub Enterprise
Server's user administration, that github3.py has.

What it needs stands in the environment: see ../lib.sh.
"""

import os
import secrets

from driving import differs, equal, finish, refused, step, totp
from github3 import GitHubEnterprise
from github3.exceptions import AuthenticationFailed, BadRequest, ForbiddenError, NotFoundError, UnprocessableEntity

URL = os.environ["API_URL"].removesuffix("/api/v3")
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
LOGIN = os.environ["USER_LOGIN"]
PASSWORD = os.environ["USER_PASSWORD"]
ADMIN = (os.environ["ADMIN_LOGIN"], os.environ["ADMIN_PASSWORD"])
RUN = secrets.token_hex(4)


def code_of(call):
    """The refusal's status; github3.py calls it code."""

    def wrapped():
        try:
            return call()
        except (AuthenticationFailed, BadRequest, ForbiddenError, NotFoundError, UnprocessableEntity) as error:
            error.status = error.code
            raise

    return wrapped


user = GitHubEnterprise(URL, LOGIN, PASSWORD)
app = GitHubEnterprise(URL)
app.set_client_id(CLIENT_ID, CLIENT_SECRET)
made = {}


def new_app_token(scopes):
    """A token of the app for the user."""
    one = GitHubEnterprise(URL).authorize(
        LOGIN, PASSWORD, scopes=scopes, client_id=CLIENT_ID, client_secret=CLIENT_SECRET
    )
    equal(one.app["client_id"], CLIENT_ID)
    return one


@step("me")
def _():
    me = user.me()
    equal((me.login, me.type), (LOGIN, "User"))
    return "200"


@step("user")
def _():
    equal(user.user(LOGIN).id, user.me().id)
    refused(NotFoundError, 404, code_of(lambda: user.user(f"nobody-{RUN}")))
    return "200, 404"


@step("authorize")
def _():
    nobody = GitHubEnterprise(URL)
    one = nobody.authorize(LOGIN, PASSWORD, scopes=["repo", "gist"], note=f"github3 {RUN}", note_url="http://optional/note/url")
    equal((one.scopes, one.note, one.note_url), (["repo", "gist"], f"github3 {RUN}", "http://optional/note/url"))
    equal(GitHubEnterprise(URL, token=one.token).me().login, LOGIN)
    made["pat"] = one
    again = code_of(lambda: nobody.authorize(LOGIN, PASSWORD, note=f"github3 {RUN}"))
    equal(refused(UnprocessableEntity, 422, again).errors[0]["code"], "already_exists")
    return "201, and its token works; 422 for a taken note"


@step("authorize, for an app")
def _():
    one = new_app_token(["user"])
    equal(GitHubEnterprise(URL, token=one.token).me().login, LOGIN)
    user.authorization(one.id).delete()
    return "201, and its token works"


@step("authorization")
def _():
    one = user.authorization(made["pat"].id)
    equal((one.token, one.note, one.created_at), ("", made["pat"].note, made["pat"].created_at))
    refused(NotFoundError, 404, code_of(lambda: user.authorization(2**40)))
    return "200 without the token, 404"


@step("authorizations")
def _():
    ids = [GitHubEnterprise(URL).authorize(LOGIN, PASSWORD, note=f"github3 {RUN} {n}").id for n in range(32)]
    found = [one.id for one in user.authorizations()]
    equal([one for one in found if one in ids], ids)
    equal(len(list(user.authorizations(number=5))), 5)
    for one in ids:
        equal(user.authorization(one).delete(), True)
    return "32 over two pages; the first five"


@step("Authorization.add_scopes")
def _():
    one = user.authorization(made["pat"].id)
    equal(one.add_scopes(["user"], note=f"github3 {RUN} edited"), True)
    equal((one.scopes, one.note), (["repo", "gist", "user"], f"github3 {RUN} edited"))
    return "200, by POST"


@step("Authorization.replace_scopes")
def _():
    one = user.authorization(made["pat"].id)
    equal(one.replace_scopes(["public_repo", "gist"]), True)
    equal(one.scopes, ["public_repo", "gist"])
    return "200, by POST"


@step("Authorization.remove_scopes")
def _():
    one = user.authorization(made["pat"].id)
    equal(one.remove_scopes(["gist"]), True)
    equal(one.scopes, ["public_repo", "gist"])
    differs("200, and nothing changes: it sends `rm_scopes`, which the API never had")


@step("Authorization.delete")
def _():
    one = user.authorization(made["pat"].id)
    equal((one.delete(), one.delete()), (True, False))
    dead = GitHubEnterprise(URL, token=made["pat"].token)
    refused(AuthenticationFailed, 401, code_of(dead.me))
    return "204, then 404, and the token is dead"


@step("check_authorization")
def _():
    made["app"] = new_app_token(["gist"])
    equal(app.check_authorization(made["app"].token), True)
    equal(app.check_authorization("0" * 40), False)
    return "200, 404"


@step("revoke_authorization")
def _():
    equal(app.revoke_authorization(made["app"].token), True)
    equal(app.revoke_authorization(made["app"].token), False)
    equal(app.check_authorization(made["app"].token), False)
    return "204, then 404"


@step("revoke_authorizations")
def _():
    one = new_app_token(["gist"])
    equal(app.revoke_authorizations(), False)
    equal(app.check_authorization(one.token), True)
    app.revoke_authorization(one.token)
    differs("404: GitHub took this operation away in 2016")


@step("wrong password")
def _():
    refused(AuthenticationFailed, 401, code_of(GitHubEnterprise(URL, LOGIN, "wrong").me))
    equal(user.me().login, LOGIN)
    return "401 as AuthenticationFailed"


@step("two-factor callback")
def _():
    asked = []
    guarded = GitHubEnterprise(URL, os.environ["OTP_LOGIN"], os.environ["OTP_PASSWORD"])
    refused(AuthenticationFailed, 401, code_of(lambda: list(guarded.authorizations())))
    guarded.session.two_factor_auth_callback(lambda: asked.append(1) or totp(os.environ["TOTP_SECRET"]))
    list(guarded.authorizations())
    equal(asked, [1])
    return "asked once, then 200"


@step("create_user")
def _():
    admin = GitHubEnterprise(URL, *ADMIN)
    created = admin.create_user(f"github3-{RUN}", f"github3-{RUN}@example.com")
    equal(created.login, f"github3-{RUN}")
    made["user"] = created
    mere = GitHubEnterprise(URL, LOGIN, PASSWORD)
    refused(ForbiddenError, 403, code_of(lambda: mere.create_user("other", "other@example.com")))
    return "201; 403 for who is no site admin"


@step("User.impersonate")
def _():
    one = made["user"].impersonate(["repo"])
    equal(GitHubEnterprise(URL, token=one.token).me().login, made["user"].login)
    made["impersonation"] = one
    return "201, and its token works"


@step("User.suspend, User.unsuspend")
def _():
    equal(made["user"].suspend(), True)
    guest = GitHubEnterprise(URL, token=made["impersonation"].token)
    refused(ForbiddenError, 403, code_of(guest.me))
    equal(made["user"].unsuspend(), True)
    equal(guest.me().login, made["user"].login)
    return "204, 403 for its token, 204"


@step("User.revoke_impersonation")
def _():
    equal(made["user"].revoke_impersonation(), True)
    refused(NotFoundError, 404, code_of(made["user"].revoke_impersonation))
    guest = GitHubEnterprise(URL, token=made["impersonation"].token)
    refused(AuthenticationFailed, 401, code_of(guest.me))
    return "204, then 404"


@step("User.promote, User.demote")
def _():
    equal((made["user"].promote(), made["user"].demote()), (True, True))
    return "204, 204"


@step("User.rename")
def _():
    equal(refused(BadRequest, 400, code_of(lambda: made["user"].rename("other"))).msg, "Problems parsing JSON")
    differs("400: it says that it sends JSON, and sends a form")


@step("User.delete")
def _():
    equal(made["user"].delete(), True)
    refused(NotFoundError, 404, code_of(lambda: user.user(made["user"].login)))
    return "204"


finish()
