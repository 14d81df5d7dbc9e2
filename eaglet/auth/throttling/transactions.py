"""Keep what views have written, whatever they answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connections, transaction

V = TypeVar("V", bound=Callable[..., Any])


def autocommit(view: V) -> V:
    """Leave a view out of ATOMIC_REQUESTS, on every database.

    A refusal would else take back the count of failures that it adds to, and a token that was
    counted for would be neither revoked nor stored until the answer is made.
    """
    for alias in connections:
        view = transaction.non_atomic_requests(alias)(view)
    return view
