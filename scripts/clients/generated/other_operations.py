"""Drives what the example programs leave out with the generated client.

Its models refuse keys of the wrong type, so each call that comes back is also an
answer that fits the types of api/openapi.json.
"""

import os
import secrets

import openapi_client
from driving import equal, finish, refused, step, totp
from openapi_client.exceptions import ApiException

HOST = os.environ["API_URL"]
CLIENT_ID = os.environ["CLIENT_ID"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
FINGERPRINT = f"generated-{secrets.token_hex(4)}"


def client(**credentials):
    return openapi_client.ApiClient(openapi_client.Configuration(host=HOST, **credentials))


user = client(username=os.environ["USER_LOGIN"], password=os.environ["USER_PASSWORD"])
app = client(username=CLIENT_ID, password=CLIENT_SECRET)
oauth = openapi_client.OauthAuthorizationsApi(user)
apps = openapi_client.AppsApi(app)


def new_token():
    """A token of the app for the user, with the fingerprint of this run."""
    return oauth.oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint(
        CLIENT_ID, FINGERPRINT, {"client_secret": CLIENT_SECRET, "scopes": ["user"]}
    )


@step("check, reset, revoke")
def _():
    made = new_token()
    checked = apps.apps_check_authorization(CLIENT_ID, made.token)
    equal((checked.id, checked.token, checked.user.login), (made.id, made.token, os.environ["USER_LOGIN"]))
    reset = apps.apps_reset_authorization(CLIENT_ID, made.token)
    equal(reset.id, made.id)
    apps.apps_revoke_authorization_for_application(CLIENT_ID, reset.token)
    refused(ApiException, 404, lambda: apps.apps_check_authorization(CLIENT_ID, reset.token))
    return "200, 200, 204, then 404"


@step("revoke a grant by its token")
def _():
    made = new_token()
    apps.apps_revoke_grant_for_application(CLIENT_ID, made.token)
    equal(oauth.oauth_authorizations_list_grants(client_id=CLIENT_ID), [])
    return "204, and the grant is gone"


@step("check, reset, delete a token in a body")
def _():
    made = new_token()
    checked = apps.apps_check_token(CLIENT_ID, {"access_token": made.token})
    equal((checked.id, checked.token, checked.user.login), (made.id, made.token, os.environ["USER_LOGIN"]))
    reset = apps.apps_reset_token(CLIENT_ID, {"access_token": made.token})
    equal(reset.id, made.id)
    refused(ApiException, 404, lambda: apps.apps_scope_token(CLIENT_ID, {"access_token": reset.token}))
    apps.apps_delete_token(CLIENT_ID, {"access_token": reset.token})
    error = refused(ApiException, 404, lambda: apps.apps_check_token(CLIENT_ID, {"access_token": reset.token}))
    equal(error.data.documentation_url.endswith("#check-a-token"), True)
    return "200, 200, 404 for scopes, 204, then 404"


@step("delete a grant by its token in a body")
def _():
    made = new_token()
    apps.apps_delete_authorization(CLIENT_ID, {"access_token": made.token})
    equal(oauth.oauth_authorizations_list_grants(client_id=CLIENT_ID), [])
    return "204, and the grant is gone"


@step("revoke a list of credentials")
def _():
    made = new_token()
    openapi_client.CredentialsApi(client()).credentials_revoke({"credentials": [made.token, "nothing"]})
    refused(ApiException, 404, lambda: apps.apps_check_token(CLIENT_ID, {"access_token": made.token}))
    return "202, and what was a token is gone"


@step("update by POST")
def _():
    made = new_token()
    api = openapi_client.GrantdApi(user)
    equal(api.grantd_update_authorization_by_post(made.id, {"add_scopes": ["gist"]}).scopes, ["user", "gist"])
    oauth.oauth_authorizations_delete_authorization(made.id)
    return "200, as PATCH"


@step("users")
def _():
    made = new_token()
    for who in (user, client(access_token=made.token)):
        equal(openapi_client.UsersApi(who).users_get_authenticated().login, os.environ["USER_LOGIN"])
    public = openapi_client.UsersApi(client()).users_get_by_username(os.environ["USER_LOGIN"])
    equal(public.login, os.environ["USER_LOGIN"])
    oauth.oauth_authorizations_delete_authorization(made.id)
    return "200 by password, by token and for everybody"


@step("root and meta")
def _():
    api = openapi_client.MetaApi(client())
    equal(api.meta_root().authorizations_url, f"{HOST}/authorizations")
    equal(api.meta_get().verifiable_password_authentication, True)
    return "200"


@step("rate limit")
def _():
    api = openapi_client.RateLimitApi(user)
    try:
        equal(api.rate_limit_get().rate.limit > 0, True)
        return "200"
    except ApiException as error:
        equal(error.status, 404)
        equal(error.data.message, "Rate limiting is not enabled.")
        return "404, switched off"


@step("one-time password")
def _():
    guarded = client(username=os.environ["OTP_LOGIN"], password=os.environ["OTP_PASSWORD"])
    api = openapi_client.OauthAuthorizationsApi(guarded)
    error = refused(ApiException, 401, api.oauth_authorizations_list_authorizations)
    equal(error.headers["X-GitHub-OTP"], "required; app")
    guarded.configuration.api_key["otp"] = totp(os.environ["TOTP_SECRET"])
    api.oauth_authorizations_list_authorizations()
    return "401 without, 200 with"


@step("validation error")
def _():
    error = refused(ApiException, 422, lambda: oauth.oauth_authorizations_create_authorization({"scopes": ["gist"]}))
    fault = {"resource": "OauthAccess", "code": "missing_field", "field": "description"}
    equal([one.to_dict() for one in error.data.errors], [fault])
    return "422 missing_field"


finish()
