import os

import openapi_client
from openapi_client.models.authorization import Authorization
from openapi_client.models.oauth_authorizations_create_authorization_request import OauthAuthorizationsCreateAuthorizationRequest
from openapi_client.rest import ApiException
from pprint import pprint

# Defining the host is optional and defaults to the one in the document.
# See configuration.py for a list of all supported configuration parameters.
configuration = openapi_client.Configuration(
    host = os.environ["API_URL"],
    username = os.environ["USER_LOGIN"],
    password = os.environ["USER_PASSWORD"]
)


# Enter a context with an instance of the API client
with openapi_client.ApiClient(configuration) as api_client:
    # Create an instance of the API class
    api_instance = openapi_client.OauthAuthorizationsApi(api_client)
    oauth_authorizations_create_authorization_request = {"client_id":os.environ["CLIENT_ID"],"client_secret":os.environ["CLIENT_SECRET"],"note":"optional note","note_url":"http://optional/note/url","scopes":["public_repo"]} # OauthAuthorizationsCreateAuthorizationRequest |  (optional)

    try:
        # Create a new authorization
        api_response = api_instance.oauth_authorizations_create_authorization(oauth_authorizations_create_authorization_request=oauth_authorizations_create_authorization_request)
        print("The response of OauthAuthorizationsApi->oauth_authorizations_create_authorization:\n")
        pprint(api_response)
    except Exception as e:
        print("Exception when calling OauthAuthorizationsApi->oauth_authorizations_create_authorization: %s\n" % e)
        raise
