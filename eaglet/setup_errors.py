"""Errors of an unfinished set-up: settings or an app that is missing, a migration not applied."""

import functools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from django.apps import apps
from django.conf import ENVIRONMENT_VARIABLE
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import DatabaseError

F = TypeVar("F", bound=Callable[..., Any])


@contextmanager
def settings_named() -> Iterator[None]:
    """Exit with one line that says so where no settings are named, or none that are there."""
    try:
        yield
    except (ImproperlyConfigured, ModuleNotFoundError) as error:
        named = os.environ.get(ENVIRONMENT_VARIABLE, "")
        missing = getattr(error, "name", "")
        if named and not (missing and f"{named}.".startswith(f"{missing}.")):
            raise
        fault = f"is {named!r}, and there is no module {missing!r} here" if named else "is not set"
        raise SystemExit(
            f"{ENVIRONMENT_VARIABLE} {fault}: name the module of the project's settings, like "
            "`export DJANGO_SETTINGS_MODULE=settings`, in the folder of manage.py"
        ) from None


def require_app(name: str) -> None:
    """Raise ImproperlyConfigured if an app of eaglet is used without being installed."""
    # Before the registry is ready Django has an error of its own.
    if apps.apps_ready and not apps.is_installed(name):
        raise ImproperlyConfigured(
            f"{name} is used, and not installed: add {name!r} to INSTALLED_APPS, and run "
            "manage.py migrate"
        )


# SQLite, PostgreSQL, MariaDB and MySQL. The text must do: in a transaction that has failed the
# database can't be asked which tables it has.
_MISSING_TABLE: Final = re.compile(
    r"no such table: (?:\w+\.)?(\w+)"
    r'|relation "(\w+)" does not exist'
    r"|Table '(?:[^'.]+\.)?(\w+)' doesn't exist"
)


def missing_table(error: BaseException) -> str | None:
    """Return the table that the database says it does not have; None for any other error."""
    found = _MISSING_TABLE.search(str(error)) if isinstance(error, DatabaseError) else None
    return next(filter(None, found.groups())) if found else None


def remedy(table: str) -> str:
    """Say what to do about a missing table."""
    return f"the table {table} is not there: run manage.py migrate"


def needs_tables(handle: F) -> F:
    """Make a command's `handle` fail with CommandError and a remedy where a table is missing."""

    @functools.wraps(handle)
    def wrapper(*args: Any, **options: Any) -> Any:
        try:
            return handle(*args, **options)
        except DatabaseError as error:
            table = missing_table(error)
            if table is None:
                raise
            raise CommandError(remedy(table)) from error

    return wrapper  # type: ignore[return-value]
