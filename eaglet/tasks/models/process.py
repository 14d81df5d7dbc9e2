"""Keep when each relay and worker was last seen."""

from __future__ import annotations

import datetime
import os
import socket
import time
from collections.abc import Iterable
from typing import Any, Final

from django.db import models

from eaglet.tasks.database import DATABASE_FAULTS, InstantField, close, utc_now, with_zone

LATE_SECONDS: Final = 60
"""One that was not seen for as long is taken to have ended without saying so."""
_EVERY_SECONDS: Final = 15
_KEPT: Final = datetime.timedelta(days=1)


class Process(models.Model):
    """A relay or a worker, from its start to its proper end."""

    kind = models.CharField(max_length=16, editable=False)
    name = models.CharField(max_length=255, unique=True, editable=False)
    seen_at = InstantField(editable=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def processes(aliases: Iterable[str]) -> list[dict[str, Any]]:
    """Return the relays and workers of these databases that have not ended properly.

    With the `seconds` since each was seen, and whether it `is_late`: not seen lately.
    """
    rows = [row for alias in aliases for row in Process.objects.using(alias)]
    seen = [(row, int((utc_now() - with_zone(row.seen_at)).total_seconds())) for row in rows]
    found = [
        {"kind": row.kind, "name": row.name, "seconds": ago, "is_late": ago > LATE_SECONDS}
        for row, ago in seen
    ]
    return sorted(found, key=lambda one: one["name"])


class Heartbeat:
    """Note in a database that this process is there; the rows of those that died go in a day."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._next_at = float("-inf")

    @property
    def _name(self) -> str:
        return f"{self._kind} {os.getpid()} on {socket.gethostname()}"[:255]

    def beat(self, alias: str) -> None:
        """Note it, if that is some seconds ago. No fault of the database's is raised."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + _EVERY_SECONDS
        try:
            now, rows = utc_now(), Process.objects.using(alias)
            changes = {"kind": self._kind, "seen_at": now}
            if not rows.update_or_create(name=self._name, defaults=changes)[1]:
                return
            rows.filter(seen_at__lt=now - _KEPT).delete()
        except DATABASE_FAULTS:  # what else is done with it says so
            close(alias)

    def end(self, alias: str) -> None:
        """Note that it has ended."""
        try:
            Process.objects.using(alias).filter(name=self._name).delete()
        except DATABASE_FAULTS:
            close(alias)
