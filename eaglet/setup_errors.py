"""Saying which app is missing, in place of what its absence leads to."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import DatabaseError


def require_app(name: str) -> None:
    """Raise ImproperlyConfigured if a project uses an app of eaglet that it has not installed."""
    # Before the registry is ready Django has an error of its own.
    if apps.apps_ready and not apps.is_installed(name):
        raise ImproperlyConfigured(
            f"{name} is used, and not installed: add {name!r} to INSTALLED_APPS, and run "
            "manage.py migrate"
        )


F = TypeVar("F", bound=Callable[..., Any])

# SQLite, PostgreSQL, MariaDB and MySQL. By the text, as a transaction that has failed can't be
# asked which tables there are.
_MISSING: Final = re.compile(
    r"no such table: (?:\w+\.)?(\w+)"
    r'|relation "(\w+)" does not exist'
    r"|Table '(?:[^'.]+\.)?(\w+)' doesn't exist"
)


def missing_table(error: BaseException) -> str | None:
    """The table that a database says it does not have, if that is what the error is about."""
    found = _MISSING.search(str(error)) if isinstance(error, DatabaseError) else None
    return next(filter(None, found.groups())) if found else None


def remedy(table: str) -> str:
    """What there is to say of a table that is missing."""
    return f"the table {table} is not there: run manage.py migrate"


def needs_tables(handle: F) -> F:
    """Have a management command end with what to do where a table is missing."""

    @functools.wraps(handle)
    def explaining(*args: Any, **options: Any) -> Any:
        try:
            return handle(*args, **options)
        except DatabaseError as error:
            table = missing_table(error)
            if table is None:
                raise
            raise CommandError(remedy(table)) from error

    return explaining  # type: ignore[return-value]
