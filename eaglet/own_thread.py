"""Doing something on a thread of its own, for a caller who waits for it only so long.

What it uses that belongs to a thread, a database connection for one, is then not the caller's,
and whatever hangs does not keep the caller.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context
from typing import Generic, TypeVar

from eaglet import deadline

T = TypeVar("T")


class OwnThread:
    """Runs operations, each on a thread that is made for it and ends with it.

    As long as one hangs that nobody waits for any more, no other is begun: what it hangs with
    would only get more of them. Safe to use from several threads and after a fork.

    Args:
        name: of the threads.
        seconds: how long an operation is waited for, at most, and within `eaglet.deadline`.
        first_seconds: how long until one has succeeded: libraries may have to be loaded for it.
    """

    def __init__(self, name: str, seconds: float = 1, first_seconds: float = 3) -> None:
        self._name = name
        self._seconds = seconds
        self._first_seconds = first_seconds
        self._has_succeeded = False
        self._hanging: threading.Thread | None = None

    def run(self, operation: Callable[[], T]) -> T:
        """What the operation returns, or raises.

        Raises TimeoutError if it takes too long, and goes on, or an earlier one still hangs.
        """
        hanging = self._hanging
        if hanging is not None and hanging.is_alive():
            raise TimeoutError("an earlier operation still hangs")
        seconds = self._seconds if self._has_succeeded else self._first_seconds
        left = deadline.remaining()
        if left is not None:
            seconds = min(seconds, left)
        outcome = _Outcome(operation)
        # In a context of its own: what the caller's holds, its caches for one, is the caller's. A
        # daemon: one that hangs must not keep the process from ending.
        thread = threading.Thread(
            target=Context().run, args=(outcome.find,), name=self._name, daemon=True
        )
        thread.start()
        if not outcome.is_there.wait(seconds):
            self._hanging = thread
            raise TimeoutError(f"it takes longer than {seconds:.1f} s")
        result = outcome.given()
        self._has_succeeded = True
        return result


class _Outcome(Generic[T]):
    def __init__(self, operation: Callable[[], T]) -> None:
        self._operation = operation
        self._results: list[T] = []
        self._error: BaseException | None = None
        self.is_there = threading.Event()

    def find(self) -> None:
        try:
            self._results.append(self._operation())
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            self._error = error
        finally:
            self.is_there.set()

    def given(self) -> T:
        if self._error is not None:
            raise self._error
        return self._results[0]
