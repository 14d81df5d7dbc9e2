"""Share what every room needs of databases: faults, batches, keys, times."""

import datetime
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, DateTimeField, Model
from django.utils import timezone

DATABASE_FAULTS: Final = (Error,)
"""DatabaseError, InterfaceError, and what a driver raises that is neither."""


def close(alias: str) -> None:
    """Close a connection that failed, so that the next statement has a fresh one."""
    with suppress(Error):  # PyMySQL refuses to close twice
        connections[alias].close()


def has_table(alias: str, model: type[Model]) -> bool:
    """Return whether a model's table is there."""
    with connections[alias].cursor() as cursor:
        return model._meta.db_table in connections[alias].introspection.table_names(cursor)


def in_batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give keys 500 at a time: some databases take no more than 999 parameters."""
    return (keys[start : start + 500] for start in range(0, len(keys), 500))


def digest_of(*parts: str) -> str:
    """Return what tells tasks apart in a unique column; some databases take `A` for `a`."""
    return hashlib.sha256("\0".join(parts).encode(errors="backslashreplace")).hexdigest()


def utc_now() -> datetime.datetime:
    """Return the present time, with its zone, whatever USE_TZ is."""
    return datetime.datetime.now(datetime.UTC)


def with_zone(moment: datetime.datetime) -> datetime.datetime:
    """Return a time with its zone: without one it is, as where USE_TZ is off, of TIME_ZONE."""
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)


class InstantField(DateTimeField):  # type: ignore[type-arg]
    """Keep a time in UTC, also where USE_TZ is off: local times come twice as a clock goes back."""

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        """Return what the driver takes."""
        value = value if prepared else self.get_prep_value(value)
        return adapted(value, connection) if isinstance(value, datetime.datetime) else value

    def from_db_value(
        self, value: datetime.datetime | None, _: Any, connection: BaseDatabaseWrapper
    ) -> datetime.datetime | None:
        """Return a time as Django has it: where USE_TZ is off local, its `fold` telling which."""
        if value is None or _keeps_zones(connection):
            return value
        return timezone.make_naive(value.replace(tzinfo=datetime.UTC))


def adapted(moment: datetime.datetime, connection: BaseDatabaseWrapper) -> Any:
    """Return a time as the driver takes it for an InstantField."""
    moment = with_zone(moment)
    if not _keeps_zones(connection):
        moment = timezone.make_naive(moment, datetime.UTC)
    return connection.ops.adapt_datetimefield_value(moment)


class ExactCharField(CharField):  # type: ignore[type-arg]
    """Tell texts apart by any difference; MariaDB and MySQL take `A`, `á` and `a ` for `a`."""

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Return the column's type, with its collation."""
        parameters: dict[str, Any] = dict(super().db_parameters(connection))
        if connection.vendor == "mysql":
            is_mariadb = connection.mysql_is_mariadb  # type: ignore[attr-defined]
            parameters["collation"] = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
        return parameters


def _keeps_zones(connection: BaseDatabaseWrapper) -> bool:
    return settings.USE_TZ or connection.vendor == "postgresql"
