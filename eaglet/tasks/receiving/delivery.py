"""One delivery of a task to a worker, as far as the ledger is concerned."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from eaglet.tasks.database import digest_of
from eaglet.tasks.receiving.stored_message import StoredMessage


@dataclass(frozen=True)
class Delivery:
    """One delivery of a task to a worker.

    Attributes:
        replay: tells one replay from another and from the first delivery, which has none.
        is_forced: whether that replay is to do again what is done already.
        attempt: the how-manieth attempt it is, by the message's own count.
        is_first: whether it comes for the first time, by all that is known of it.
    """

    task_id: str
    queue_name: str
    message: StoredMessage
    worker: str = ""
    received_at: datetime.datetime | None = None
    request_id: str = ""
    traceparent: str = ""
    replay: str = ""
    is_forced: bool = False
    attempt: int = 1
    is_first: bool = True

    @property
    def key(self) -> str:
        """Return what the ledger's row is found by."""
        return digest_of(self.queue_name, self.task_id)
