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
    grant_id = int(os.environ["GRANT_ID"]) # int | The unique identifier of the grant.

    try:
        # Delete a grant
        api_instance.oauth_authorizations_delete_grant(grant_id)
    except Exception as e:
        print("Exception when calling OauthAuthorizationsApi->oauth_authorizations_delete_grant: %s\n" % e)
        raise
