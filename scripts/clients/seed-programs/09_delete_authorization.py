import os

import openapi_client
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
    authorization_id = int(os.environ["AUTHORIZATION_ID"]) # int | The unique identifier of the authorization.

    try:
        # Delete an authorization
        api_instance.oauth_authorizations_delete_authorization(authorization_id)
    except Exception as e:
        print("Exception when calling OauthAuthorizationsApi->oauth_authorizations_delete_authorization: %s\n" % e)
        raise
