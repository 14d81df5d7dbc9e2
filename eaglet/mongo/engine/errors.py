"""Errors of MongoDB entries, and the driver's errors as MongoUnavailable."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor
from pymongo.errors import (
    ConnectionFailure,
    ExecutionTimeout,
    PyMongoError,
    WaitQueueTimeoutError,
)

from eaglet.exceptions import MongoUnavailable


def entry_fault(name: str, key: str, text: str) -> ImproperlyConfigured:
    """Return an error for a key of an entry; `text` says what is wrong, and what is allowed."""
    return ImproperlyConfigured(f"DATABASES[{name!r}][{key!r}] {text}.")


_AWAY = (ConnectionFailure, ExecutionTimeout, WaitQueueTimeoutError)


@contextmanager
def reporting(alias: str, *others: type[PyMongoError]) -> Iterator[None]:
    """Raise MongoUnavailable, from the driver's error, when the server can't be reached.

    `others` are errors that mean no less where this is used.
    """
    try:
        yield
    except PyMongoError as error:
        if isinstance(error, (*_AWAY, *others)) or error.timeout:
            raise MongoUnavailable(
                f"MongoDB, database {alias!r}, can't be reached or did not answer in time"
            ) from error
        raise


class Reporting:
    """Wrap a driver's database, collection or cursor, so that its methods report."""

    def __init__(self, wrapped: Any, alias: str) -> None:
        self._wrapped = wrapped
        self._alias = alias

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped, name)
        if not callable(found) or hasattr(found, "database"):
            return found

        @wraps(found)
        def method(*args: Any, **kwargs: Any) -> Any:
            with reporting(self._alias):
                result = found(*args, **kwargs)
            if isinstance(result, CommandCursor | Cursor):
                return Reporting(result, self._alias)
            return result

        return method

    def __getitem__(self, name: Any) -> Any:
        return Reporting(self._wrapped[name], self._alias)

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        with reporting(self._alias):
            return next(self._wrapped)
