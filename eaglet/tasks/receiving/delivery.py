"""Describe one delivery of a task to a worker, for the ledger."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from eaglet.tasks.database import digest_of
from eaglet.tasks.receiving.stored_message import StoredMessage


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task to a worker."""

    task_id: str
    queue_name: str
    message: StoredMessage
    worker: str = ""
    received_at: datetime.datetime | None = None
    request_id: str = ""
    traceparent: str = ""
    # Tells one replay from another, and from the first delivery, which has none.
    replay: str = ""
    # Whether that replay is to do again what is done already.
    is_forced: bool = False
    # By the message's own count.
    attempt: int = 1
    # By all that is known of it.
    is_first: bool = True

    @property
    def key(self) -> str:
        """Return what the ledger's row is found by."""
        return digest_of(self.queue_name, self.task_id)
