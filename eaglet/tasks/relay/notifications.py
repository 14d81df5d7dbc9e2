"""Watch the outboxes: how an idle relay learns that there is something to publish.

PostgreSQL tells it (LISTEN); SQLite has a number that changes with each commit, which costs next
to nothing to read; elsewhere a query that finds nothing is asked often. All of them look once a
second besides: a notification is not promised, and a sender may die before it gives one.
"""

import select
import threading
import time
from typing import Any, Final

from django.db import DatabaseError, connections
from django.db.models import Min

from eaglet.conf import conf
from eaglet.tasks.database import utc_now, with_zone
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending.outbox import CHANNEL

LOOK_EVERY_SECONDS: Final = 1.0
_SQLITE_SECONDS: Final = 0.01
_STOP_SECONDS: Final = 0.25
"""How long a wait may take to notice that the relay is to stop."""


class Watch:
    """Watch the outbox of one database by asking for what is due."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    @property
    def every_seconds(self) -> float:
        """Return how often `has_changed` is to be asked."""
        return conf.EAGLET_RELAY_POLL_SECONDS

    def begin(self) -> None:
        """Note how things stand, before the relay looks what is due."""

    def wait(self, stop: threading.Event, seconds: float) -> None:
        """Wait until it has changed, `stop` is set, or the time is over."""
        until = time.monotonic() + seconds
        while not stop.is_set() and not self.has_changed():
            left = until - time.monotonic()
            if left <= 0:
                return
            self._pause(stop, min(_STOP_SECONDS, left))

    def _pause(self, stop: threading.Event, longest: float) -> None:
        stop.wait(min(self.every_seconds, longest))

    def has_changed(self) -> bool:
        """Return whether there may be something new since `begin`."""
        waiting = OutboxTask.objects.using(self.alias).waiting()
        return waiting.filter(due_at__lte=utc_now()).exists()


class SQLiteWatch(Watch):
    """Read the number of commits by others, and ask only when it has changed."""

    _version: Any = None

    @property
    def every_seconds(self) -> float:
        """Return how often: it is a read of shared memory."""
        return min(_SQLITE_SECONDS, super().every_seconds)

    def begin(self) -> None:
        """Note the number."""
        self._version = self._read()

    def has_changed(self) -> bool:
        """Return whether somebody has committed, and something is due."""
        before, self._version = self._version, self._read()
        return self._version != before and super().has_changed()

    def _read(self) -> Any:
        # Its own commits do not change it.
        with connections[self.alias].cursor() as cursor:
            cursor.execute("PRAGMA data_version")
            return cursor.fetchone()


class PostgreSQLWatch(Watch):
    """Listen on the relay's own connection, with psycopg 3."""

    _listening: Any = None
    _told = False

    def begin(self) -> None:
        """Listen, if the connection is a new one."""
        connection = connections[self.alias]
        connection.ensure_connection()
        self._told = False
        if connection.connection is not self._listening:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = connection.connection
            self._listening.add_notify_handler(self._hear)

    def _hear(self, notification: Any) -> None:
        self._told = True

    def _pause(self, stop: threading.Event, longest: float) -> None:
        select.select([self._listening], [], [], longest)

    def has_changed(self) -> bool:
        """Return whether there was a notification."""
        if not self._told:
            try:
                self._listening.pgconn.consume_input()
            except Exception as error:
                raise DatabaseError(str(error)) from error
            while self._listening.pgconn.notifies():
                self._told = True
        return self._told


def watch(alias: str) -> Watch:
    """Return the best there is for a database."""
    connection: Any = connections[alias]
    if connection.vendor == "sqlite":
        return SQLiteWatch(alias)
    told = connection.vendor == "postgresql" and connection.Database.__name__ == "psycopg"
    return PostgreSQLWatch(alias) if told else Watch(alias)


def seconds_until_due(alias: str) -> float:
    """Return how long until the next task comes due; at most LOOK_EVERY_SECONDS."""
    now = utc_now()
    waiting = OutboxTask.objects.using(alias).waiting()
    times = [
        waiting.filter(state=state, due_at__gt=now).aggregate(at=Min("due_at"))["at"]
        for state in OutboxTask.WAITING
    ]
    seconds: list[float] = [(with_zone(at) - now).total_seconds() for at in times if at is not None]
    return min([LOOK_EVERY_SECONDS, *seconds])
