"""django-oauth-toolkit as a token server: `python toolkit_server.py DATABASE`; prints its port."""

import sys
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

SECRET = "s3cr3t: of hermes+%"


class Silent(WSGIRequestHandler):
    def log_message(self, format, *args):
        pass


def main():
    settings.configure(
        SECRET_KEY="s",
        ALLOWED_HOSTS=["*"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
        ROOT_URLCONF="oauth2_provider.urls",
        OAUTH2_PROVIDER={"SCOPES": {"card.trade:get": "…"}},
    )
    django.setup()
    call_command("migrate", verbosity=0)
    from django.urls import include, path  # noqa: PLC0415 - it needs settings
    from oauth2_provider.models import Application  # noqa: PLC0415 - likewise

    urls = type(sys)("urls")
    urls.urlpatterns = [path("", include("oauth2_provider.urls"))]
    sys.modules["urls"] = urls
    settings.ROOT_URLCONF = "urls"
    Application.objects.create(
        client_id="hermes",
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Silent)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
