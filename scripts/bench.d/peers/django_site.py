"""django-oauth-toolkit as its tutorial sets it up, with a SQLite file, and nothing else in the site.

As a module: its settings. As a program: makes the tables, an app
and two tokens, and says which: the one to ask with, the one to ask about."""

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
    app = Application.objects.create(name="bench", user=user, client_type="confidential",
                                     authorization_grant_type="client-credentials")
    # Who asks does so with a token: a secret would be hashed by PBKDF2 at each question.
    for token, scope in (("a-token-of-who-may-ask-about-them", "introspection"), ("a-token-to-be-asked-about-here", "repo")):
        AccessToken.objects.create(user=user, application=app, token=token, scope=scope,
                                   expires=timezone.now() + datetime.timedelta(days=1))
        print(token)


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    os.environ["DJANGO_SETTINGS_MODULE"] = "django_site"
    make()
