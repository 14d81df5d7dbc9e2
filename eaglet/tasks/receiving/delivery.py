"""Describe one delivery of a task to a worker, for the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eaglet.tasks.broker.headers import (
    EVENT,
    RECEIVED_AT,
    REPLAY,
    REQUEST_ID,
    TRACEPARENT,
    as_header,
)
from eaglet.tasks.database import digest_of
from eaglet.tasks.models.received import FORCED_REPLAY
from eaglet.tasks.receiving.stored_message import StoredMessage


@dataclass
class Delivery:
    """One delivery of a task to a worker."""

    task_id: str
    queue_name: str
    # Made when it is kept: most are done, and noted by the worker's main process.
    message: Callable[[], StoredMessage]
    worker: str = ""
    # Seconds since 1970.
    received_at: float | None = None
    request_id: str = ""
    traceparent: str = ""
    # Tells one replay from another, and from the first delivery, which has none.
    replay: str = ""
    # By the message's own count.
    attempt: int = 1
    # Whether the broker has given it to a worker before, which may have died of it.
    is_redelivered: bool = False
    # The name of the event that it is.
    event: str = ""
    # Whether the ledger has its beginning.
    is_begun: bool = False
    # Whether the worker's main process notes that it is done.
    is_noted: bool = False
    # What the ledger is to keep of it beside, and who is told its end, with the error if any, once
    # the ledger has it.
    outcome: dict[str, Any] = field(default_factory=dict)
    on_end: Callable[[BaseException | None], None] = lambda error: None

    @property
    def is_repeat(self) -> bool:
        """Return whether it may be in the ledger already."""
        return self.is_redelivered or self.attempt > 1 or bool(self.replay)

    @property
    def is_forced(self) -> bool:
        """Return whether it is a replay that is to do again what is done already."""
        return self.replay.startswith(FORCED_REPLAY)

    @property
    def key(self) -> str:
        """Return what the ledger's row is found by."""
        return digest_of(self.queue_name, self.task_id)


def delivery_by(header: Callable[[str], Any], info: Any, **known: Any) -> Delivery:
    """Return a delivery by the headers of a message and the broker's information on it."""
    received_at, retries = header(RECEIVED_AT), header("retries")
    return Delivery(
        received_at=received_at if isinstance(received_at, float) else None,
        request_id=as_header(header(REQUEST_ID), 128),
        traceparent=as_header(header(TRACEPARENT), 55),
        replay=as_header(header(REPLAY), 36),
        event=as_header(header(EVENT), 255),
        attempt=retries + 1 if isinstance(retries, int) else 1,
        is_redelivered=bool((info or {}).get("redelivered")),
        **known,
    )
