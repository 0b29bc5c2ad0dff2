"""django-oauth-toolkit as its tutorial sets it up, with a SQLite file, and nothing else in the site.

As a module: its settings. As a program: makes the tables, an app and a token; says
`CLIENT_ID CLIENT_SECRET TOKEN`."""

import datetime
import os
import pathlib
import sys

HERE = pathlib.Path(os.environ["PEER_FOLDER"])

ALLOWED_HOSTS = ["127.0.0.1"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": HERE / "django.sqlite"}}
DEBUG = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
OAUTH2_PROVIDER = {"SCOPES": {"repo": "repositories", "introspection": "ask about tokens"}}
ROOT_URLCONF = "django_site_urls"
SECRET_KEY = "for the benchmark on the loopback"
USE_TZ = True


def make():
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.contrib.auth.models import User
    from django.utils import timezone
    from oauth2_provider.models import AccessToken, Application

    user = User.objects.create_user("bench")
    secret = "a-secret-of-some-length-for-the-bench"
    app = Application.objects.create(name="bench", user=user, client_type="confidential", client_secret=secret,
                                     authorization_grant_type="client-credentials")
    token = AccessToken.objects.create(user=user, application=app, token="a-token-of-thirty-characters-x",
                                       expires=timezone.now() + datetime.timedelta(days=1), scope="repo")
    print(app.client_id, secret, token.token)


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_site"
    make()
