"""An app written with a library of PyPI's: authlib or requests-oauthlib.

    program.py LIBRARY SERVER CALLBACK CLIENT_ID CLIENT_SECRET

Prints the address for the browser, reads where the browser came back to, prints
who the token belongs to; then, at every further line, what GET /user answers.
"""

import json
import os
import sys

library, server, callback, client_id, client_secret = sys.argv[1:]
AUTHORIZE = f"{server}/login/oauth/authorize"
TOKEN = f"{server}/login/oauth/access_token"
USER = f"{server}/api/v3/user"
# Callbacks on the loopback are plain http.
os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
# GitHub joins scopes with commas where oauthlib expects spaces; its users set this.
os.environ["OAUTHLIB_RELAX_TOKEN_SCOPE"] = "1"


def say(**what):
    print(json.dumps(what), flush=True)


def with_authlib():
    from authlib.common.security import generate_token
    from authlib.integrations.requests_client import OAuth2Session

    session = OAuth2Session(
        client_id, client_secret, scope="repo gist", redirect_uri=callback, code_challenge_method="S256"
    )
    verifier = generate_token(48)
    address, state = session.create_authorization_url(AUTHORIZE, code_verifier=verifier)
    say(address=address)
    back = sys.stdin.readline().strip()
    token = session.fetch_token(TOKEN, authorization_response=back, state=state, code_verifier=verifier)
    return session, token


def with_requests_oauthlib():
    from requests_oauthlib import OAuth2Session

    session = OAuth2Session(client_id, scope=["repo", "gist"], redirect_uri=callback)
    address, _ = session.authorization_url(AUTHORIZE)
    say(address=address)
    back = sys.stdin.readline().strip()
    token = session.fetch_token(TOKEN, authorization_response=back, client_secret=client_secret)
    return session, token


session, token = {"authlib": with_authlib, "requests-oauthlib": with_requests_oauthlib}[library]()
say(scope=token["scope"], token_type=token["token_type"])
while True:
    answer = session.get(USER)
    say(status=answer.status_code, login=answer.json().get("login"))
    if not sys.stdin.readline():
        break
