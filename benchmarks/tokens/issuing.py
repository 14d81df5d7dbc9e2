"""What it costs to issue an access token, against one INSERT of the same row by the ORM.

    python -m benchmarks.tokens.issuing [ROUNDS]
    python -m tests.system.servers --only postgresql,mariadb -- python -m benchmarks.tokens.issuing

"over HTTP" is `auth.access_token` asked through the WSGI handler without middleware, the throttle
included; the others call functions. Issuing is the look-up of the secret, the INSERT, once a
minute the last use, and now and then a batch of pruning; there is always something to prune, as
in a service that has run for a while.
"""

import datetime
import io
import secrets
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import ModuleType
from urllib.parse import urlencode

from benchmarks.rounds import compare
from benchmarks.services import database_urls, migrate, set_up
from benchmarks.tokens.rows import empty

CALLS_A_ROUND = 40


def prepare(contestant: str, url: str, app_key: str, secret: str) -> Callable[[], str]:
    urls = ModuleType("benchmarks.issuing_urls")
    sys.modules[urls.__name__] = urls
    set_up(
        url,
        ROOT_URLCONF=urls.__name__,
        EAGLET_ISSUE_TOKENS=True,
        EAGLET_TOKEN_RATE_PER_ADDRESS="1000000/min",
    )
    from django.core.handlers.wsgi import WSGIHandler
    from django.db import models
    from django.urls import include, path
    from django.utils import timezone

    from eaglet.auth.models import AccessToken, AppSecret
    from eaglet.auth.tokens.issuing import issue_access_token

    record = AppSecret.objects.select_related("app").get(app__app_key=app_key)

    def insert() -> str:
        AccessToken(
            digest=secrets.token_hex(32),
            app=record.app,
            secret=record,
            # Dead at once: what the other contestant has to prune.
            expires_at=timezone.now() - datetime.timedelta(seconds=1),
        ).save(force_insert=True)
        return "one row"

    def issue() -> str:
        issue_access_token(app_key, secret)
        return "one token"

    urls.urlpatterns = [path("", include("eaglet.api.urls"))]
    handler = WSGIHandler()
    form = urlencode({"app_key": app_key, "app_secret": secret}).encode()

    def ask() -> str:
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/auth/access_token/",
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "HTTP_ACCEPT": "*/*",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(form)),
            "SCRIPT_NAME": "",
            "wsgi.input": io.BytesIO(form),
            "wsgi.url_scheme": "http",
        }
        response = handler(environ, lambda *args: None)
        body = b"".join(response)
        response.close()
        if b'"code":200' not in body:
            raise RuntimeError(body)
        return "one token"

    models.QuerySet(AccessToken).count()
    return {"ORM INSERT": insert, "issuing": issue, "over HTTP": ask}[contestant]


def make_app(url: str, pipe: Connection) -> None:
    set_up(url)
    migrate()
    empty()
    from eaglet.auth.models import App

    created = App.objects.create_app("caller")
    pipe.send((created.app.app_key, created.secret))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 150
    context = get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        for name, url in database_urls(folder).items():
            print(f"\n{name}")
            pipe, theirs = context.Pipe()
            context.Process(target=make_app, args=(url, theirs)).start()
            theirs.close()
            contestants = ("ORM INSERT", "issuing", "over HTTP")
            compare(prepare, contestants, url, *pipe.recv(), rounds=rounds, repeats=CALLS_A_ROUND)


if __name__ == "__main__":
    main()
