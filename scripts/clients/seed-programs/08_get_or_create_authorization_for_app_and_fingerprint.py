import os

import openapi_client
from openapi_client.models.authorization import Authorization
from openapi_client.models.oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint_request import OauthAuthorizationsGetOrCreateAuthorizationForAppAndFingerprintRequest
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
    client_id = os.environ["CLIENT_ID"] # str | The client ID of the OAuth app.
    fingerprint = 'fingerprint_example' # str | 
    oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint_request = {"client_secret":os.environ["CLIENT_SECRET"],"note":"optional note","note_url":"http://optional/note/url","scopes":["public_repo"]} # OauthAuthorizationsGetOrCreateAuthorizationForAppAndFingerprintRequest | 

    try:
        # Get-or-create an authorization for a specific app and fingerprint
        api_response = api_instance.oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint(client_id, fingerprint, oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint_request)
        print("The response of OauthAuthorizationsApi->oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint:\n")
        pprint(api_response)
    except Exception as e:
        print("Exception when calling OauthAuthorizationsApi->oauth_authorizations_get_or_create_authorization_for_app_and_fingerprint: %s\n" % e)
        raise
