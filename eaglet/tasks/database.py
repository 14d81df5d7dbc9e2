"""Share what every room needs of databases: faults, batches, keys."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Final

from django.db import Error, connections
from django.db.models import Model

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
