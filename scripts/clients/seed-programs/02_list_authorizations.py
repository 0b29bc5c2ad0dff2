import os

import openapi_client
from openapi_client.models.authorization import Authorization
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
    per_page = 30 # int | The number of results per page (max 100). (optional) (default to 30)
    page = 1 # int | Page number of the results to fetch. (optional) (default to 1)
    client_id = os.environ["CLIENT_ID"] # str | The client ID of your GitHub app. (optional)

    try:
        # List your authorizations
        api_response = api_instance.oauth_authorizations_list_authorizations(per_page=per_page, page=page, client_id=client_id)
        print("The response of OauthAuthorizationsApi->oauth_authorizations_list_authorizations:\n")
        pprint(api_response)
    except Exception as e:
        print("Exception when calling OauthAuthorizationsApi->oauth_authorizations_list_authorizations: %s\n" % e)
        raise
