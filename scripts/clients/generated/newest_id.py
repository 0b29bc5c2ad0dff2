"""Prints the id of the app's newest authorization or grant, 0 when there is none.

Usage: newest_id.py authorization|grant
"""

import os
import sys

import openapi_client

configuration = openapi_client.Configuration(
    host=os.environ["API_URL"],
    username=os.environ["USER_LOGIN"],
    password=os.environ["USER_PASSWORD"],
)
with openapi_client.ApiClient(configuration) as client:
    api = openapi_client.OauthAuthorizationsApi(client)
    lists = {
        "authorization": api.oauth_authorizations_list_authorizations,
        "grant": api.oauth_authorizations_list_grants,
    }
    rows = lists[sys.argv[1]](per_page=100, client_id=os.environ["CLIENT_ID"])
    print(max((row.id for row in rows), default=0))
