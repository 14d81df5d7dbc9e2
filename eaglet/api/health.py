"""Health: `/healthz` says that the process answers, `/readyz` that what it needs is there."""

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final

from django.conf import settings
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import Throttled

from eaglet.api import responses
from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.request.transactions import machine_view
from eaglet.api.throttling import check_project_throttles
from eaglet.encoding import to_json
from eaglet.health import readiness, register_probe, unapplied_migrations

logger = logging.getLogger("eaglet.api")

View = Callable[[HttpRequest], HttpResponse]

_NO_DATABASE: Final = "django.db.backends.dummy"
_KEEPS_NOTHING: Final = "django.core.cache.backends.dummy.DummyCache"
_KEY: Final = "eaglet.readyz"
_KEY_SECONDS: Final = 60


def _health_view(view: View) -> View:
    """Open a view to everybody: of the project's policies, only its throttles apply."""

    @wraps(view)
    def throttled(request: HttpRequest) -> HttpResponse:
        try:
            check_project_throttles(request)
        except Throttled as refusal:
            return responses.write(responses.of_exception(refusal), request)
        except Exception:
            logger.warning("the throttles of %s failed", request.path, exc_info=True)
        return view(request)

    return machine_view(never_cache(throttled))


@_health_view
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200, touching nothing."""
    return JsonBytesResponse(b'{"status":"ok"}')


_probing = threading.Lock()
_latest: tuple[float, dict[str, Any]] | None = None


def _readiness() -> dict[str, Any]:
    # Computed at most once a second, whoever asks.
    global _latest  # noqa: PLW0603 - the one result
    with _probing:
        if _latest is None or time.monotonic() - _latest[0] >= 1:
            found = readiness()
            _latest = (time.monotonic(), found)
        return _latest[1]


def clear_results(**kwargs: Any) -> None:
    """Probe anew when readiness is next asked for."""
    global _latest, _probing
    _latest, _probing = None, threading.Lock()


os.register_at_fork(after_in_child=clear_results)


@_health_view
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if every probe is in order, else 503; names only, no details."""
    body = _readiness()
    return JsonBytesResponse(to_json(body), 200 if body["status"] == "ok" else 503)


class NotReady(Exception):
    """What a probe found; only the log has it."""


def register_probes() -> None:
    """Add a probe for each database and each cache the project names."""
    for alias, database in settings.DATABASES.items():
        if database.get("ENGINE", _NO_DATABASE) != _NO_DATABASE:
            register_probe(_named("database", alias), partial(database_answers, alias))
            register_probe(_named("migrations", alias), partial(migrations_are_applied, alias))
    for alias, cache in settings.CACHES.items():
        if cache.get("BACKEND") != _KEEPS_NOTHING:
            register_probe(_named("cache", alias), partial(cache_keeps, alias))


def _named(what: str, alias: str) -> str:
    return what if alias == DEFAULT_DB_ALIAS else f"{what} {alias}"


def database_answers(alias: str) -> None:
    """Connect to a database and ask it for something."""
    connection: Any = connections[alias]
    connection.ensure_connection()
    if connection.vendor == "mongodb":
        connection.database.command("ping")  # it has no SQL
        return
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1{connection.features.bare_select_suffix}")
        cursor.fetchone()


def migrations_are_applied(alias: str) -> None:
    """Raise NotReady if this code has a migration that a database has not.

    A database other than the default that was never migrated is not one of Django's making.
    """
    connection = connections[alias]
    if alias != DEFAULT_DB_ALIAS and not MigrationRecorder(connection).has_table():
        return
    if missing := unapplied_migrations(connection):
        raise NotReady(f"not applied: {', '.join(missing)}")


def cache_keeps(alias: str) -> None:
    """Put something into a cache and get it back."""
    cache = caches[alias]
    cache.set(_KEY, "ok", _KEY_SECONDS)
    if cache.get(_KEY) != "ok":
        raise NotReady("what was put into it is not there")
