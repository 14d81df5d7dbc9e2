"""What a service with resources needs to be ready: its databases, their migrations, its caches."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Final, ParamSpec

from django.conf import settings
from django.core.cache import caches
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from eaglet.health import register_probe

P = ParamSpec("P")

_NO_DATABASE: Final = "django.db.backends.dummy"
_KEEPS_NOTHING: Final = "django.core.cache.backends.dummy.DummyCache"
_KEY: Final = "eaglet.readyz"
_KEY_SECONDS: Final = 60


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


def _with_own_connections(probe: Callable[P, None]) -> Callable[P, None]:
    """Close what a probe opened: it runs on a thread of its own, which ends with it."""

    @wraps(probe)
    def closing(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            probe(*args, **kwargs)
        finally:
            caches.close_all()
            connections.close_all()

    return closing


@_with_own_connections
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


@_with_own_connections
def migrations_are_applied(alias: str) -> None:
    """Raise NotReady if this code has a migration that a database has not.

    A database other than the default that was never migrated is not one of Django's making.
    """
    connection = connections[alias]
    if alias != DEFAULT_DB_ALIAS and not MigrationRecorder(connection).has_table():
        return
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        raise NotReady(f"not applied: {', '.join(str(migration) for migration, _ in plan)}")


@_with_own_connections
def cache_keeps(alias: str) -> None:
    """Put something into a cache and get it back."""
    cache = caches[alias]
    cache.set(_KEY, "ok", _KEY_SECONDS)
    if cache.get(_KEY) != "ok":
        raise NotReady("what was put into it is not there")
