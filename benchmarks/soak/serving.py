"""The service that is called, and the one that gives tokens: each a process that can be killed.

    python -m benchmarks.soak.serving service|tokens PORT DATABASE LIFETIME TOKENS_PORT JOURNAL

The service passes requests for tokens on, so that callers find them where they look for them; it
answers 503 while the other is away. That one writes each request into a journal.
"""

import hashlib
import http.client
import io
import json
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

HOST = "127.0.0.1"
TOKEN_PATH = "/auth/access_token/"


class Server(ThreadedWSGIServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that has gone is none."""


class Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass


def configure(
    database: str,
    lifetime: int,
    apps: Iterable[str] = (),
    *,
    others: Mapping[str, str] | None = None,
    **more: Any,
) -> None:
    import django
    from django.conf import settings

    from benchmarks.services import database as entry

    settings.configure(
        SECRET_KEY="soak",
        ALLOWED_HOSTS=["*"],
        DATABASES={
            alias: entry(url) for alias, url in {"default": database, **(others or {})}.items()
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["eaglet.auth", *apps],
        EAGLET_TOKEN_LIFETIME_SECONDS=lifetime,
        EAGLET_TOKEN_RATE_PER_ADDRESS=None,
        ROOT_URLCONF="eaglet.api.urls",
        EAGLET_METRICS=False,
        MIDDLEWARE=[],
        USE_TZ=True,
        **more,
    )
    django.setup()


def passing_on(application: Callable, tokens_port: int) -> Callable:
    """The application, with requests for tokens passed on."""

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ["PATH_INFO"] != TOKEN_PATH:
            return application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        connection = http.client.HTTPConnection(HOST, tokens_port, timeout=5)
        try:
            headers = {"Content-Type": environ.get("CONTENT_TYPE", "")}
            connection.request(environ["REQUEST_METHOD"], TOKEN_PATH, body, headers)
            response = connection.getresponse()
            content = response.read()
        except OSError:
            start_response("503 Service Unavailable", [("Content-Length", "0")])
            return [b""]
        finally:
            connection.close()
        start_response(
            f"{response.status} {response.reason}",
            [
                (name, value)
                for name, value in response.getheaders()
                if name.lower() in ("content-type", "content-length", "www-authenticate")
            ],
        )
        return [content]

    return answer


def written_down(application: Callable, journal: str) -> Callable:
    """The application, with each request for a token written into a file.

    A line has the moment by the monotonic clock, and which of the secrets was sent.
    """

    def answer(environ: dict, start_response: Callable) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        secret = hashlib.sha256(json.loads(body)["app_secret"].encode()).hexdigest()[:8]
        with open(journal, "a", encoding="ascii") as lines:
            lines.write(f"{time.monotonic():.3f} {secret}\n")
        return application(environ, start_response)

    return answer


def main() -> None:
    role, port, database, lifetime, tokens_port, journal = sys.argv[1:]
    configure(
        database,
        int(lifetime),
        ["rest_framework", "eaglet.api"],
        EAGLET_RESOURCE_MODULES=["benchmarks.soak.resources"],
    )
    from django.core.wsgi import get_wsgi_application

    logging.disable(logging.WARNING)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit())
    application = get_wsgi_application()
    if role == "service":
        application = passing_on(application, int(tokens_port))
    else:
        application = written_down(application, journal)
    with Server((HOST, int(port)), Handler) as server:
        server.set_app(application)
        server.serve_forever(poll_interval=0.1)


if __name__ == "__main__":
    main()
