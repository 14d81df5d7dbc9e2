"""Publish what stands in the outboxes and was not published after its commit."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Final

from django.db import connections

from eaglet.tasks.models.outbox import outbox_aliases
from eaglet.tasks.relay.outbox import OutboxRelay, Progress

BATCH_SIZE: Final = 500
"""Tasks claimed at a time."""

_NO_TABLE: Final = "no database has the outbox's table: run migrate"


class Relay:
    """Publish the tasks that are due, of every outbox; several relays may run at once.

    Each outbox has a thread, so that one whose database is slow or silent keeps no other.
    `on_published` is called after each batch that published something.
    """

    def __init__(
        self,
        aliases: Sequence[str] | None = None,
        batch_size: int = BATCH_SIZE,
        on_published: Callable[[], None] = lambda: None,
    ) -> None:
        self.aliases = list(aliases or outbox_aliases())
        self._outboxes = [OutboxRelay(alias, batch_size, on_published) for alias in self.aliases]

    @property
    def progress(self) -> Progress:
        """Return what was done so far, of all outboxes."""
        each = [outbox.progress for outbox in self._outboxes]
        no_table = "" if any(outbox.has_table for outbox in self._outboxes) else _NO_TABLE
        return Progress(
            sum(one.published for one in each),
            sum(one.refused for one in each),
            sum(one.parked for one in each),
            next((one.stopped_by for one in each if one.stopped_by), no_table),
        )

    def is_alive(self) -> bool:
        """Return whether it goes on, with one of the outboxes at least."""
        return any(outbox.is_alive() for outbox in self._outboxes)

    def run(self, stop: threading.Event) -> None:
        """Publish what becomes due, until `stop` is set; what was begun is ended."""
        if len(self._outboxes) == 1:
            self._outboxes[0].run(stop)
            return

        def run(outbox: OutboxRelay) -> None:
            try:
                outbox.run(stop)
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(self._outboxes), "eaglet-relay") as pool:
            try:
                for ended in as_completed([pool.submit(run, one) for one in self._outboxes]):
                    ended.result()
            finally:  # an error that is none of a database's or a broker's ends them all
                stop.set()

    def run_round(self, stop: threading.Event) -> int:
        """Publish one batch of each outbox; return how many tasks."""
        return sum(outbox.run_round(stop) for outbox in self._outboxes)

    def run_once(self, stop: threading.Event) -> None:
        """Publish all that is due now, and what is still its sender's for some seconds; end."""
        for outbox in self._outboxes:
            outbox.run_once(stop)
