"""`sends`: a queue that a service says it sends to, and what, as an object to send with."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from eaglet.tasks import contracts
from eaglet.tasks.sending import send_task


class Sends:
    """A queue this service sends to; `params` is the payload, as it was declared."""

    def __init__(self, queue_name: str, params: Iterable[str]) -> None:
        contract = contracts.declare(queue_name, params)
        self.queue_name = queue_name
        self.params = contracts.written(contract.params)

    def __repr__(self) -> str:
        return f"sends({self.queue_name!r}, {self.params!r})"

    def send(
        self,
        args: dict[str, Any],
        *,
        using: str | None = None,
        order_key: str | None = None,
        delay_seconds: float | None = None,
        at: datetime.datetime | None = None,
    ) -> str:
        """Send a task there, as `send_task` does, which checks the payload."""
        return send_task(
            self.queue_name,
            args,
            using=using,
            order_key=order_key,
            delay_seconds=delay_seconds,
            at=at,
        )


def sends(queue_name: str, params: Iterable[str]) -> Sends:
    """Declare that this service sends tasks to a queue, and what.

        POINTS_CHANGED = sends("services.points.tasks.changed", ["member_id:int", "?note"])
        POINTS_CHANGED.send({"member_id": 7})

    From then on every task sent to the queue, by `send_task` too, must be of that payload.
    `manage.py eaglet_tasks` lists it, where the module is imported by then: a `tasks` module, or
    one that the resources import.

    Args:
        queue_name: the queue.
        params: the payload, in the grammar of `param_required`.

    Raises InvalidTask for a name that no queue could have, and ImproperlyConfigured for what is
    not the grammar, or a queue declared twice with different payloads.
    """
    return Sends(queue_name, params)
