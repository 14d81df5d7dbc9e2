"""Send a task: written in the caller's transaction and published after its commit."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from eaglet.tasks.sending import arguments, contracts, outbox, schedule


def send_task(
    queue_name: str,
    args: Any,
    *,
    using: str | None = None,
    order_key: str | None = None,
    delay_seconds: float | None = None,
    at: datetime.datetime | None = None,
) -> str:
    """Send a task to a queue: neither lost, nor sent for what is rolled back.

    The task is written to the outbox in the transaction that is open, published once that has
    committed, and published by `manage.py relay_tasks` if the broker could not be reached then.
    It is delivered at least once: a repeat is possible when something dies in between. No order
    is promised without an `order_key`.

    Args:
        queue_name: the queue, which is the name of the Celery task too; 255 bytes at most.
        args: what the task's function gets: mostly a dict. It travels as plain JSON, so dates,
            decimals and UUIDs arrive as strings.
        using: the database whose transaction the task is part of; by default the one that the
            project's routers write the outbox to.
        order_key: tasks with the same one, 255 characters at most, are published by the relay
            alone, in the order they were written in, each when the broker has confirmed the one
            before. One that is parked stops its key.
        delay_seconds: publish it this much later, from the outbox: the broker does not see it
            before.
        at: publish it at this time, which has a time zone where USE_TZ is on; one that has
            passed is now.

    Returns the task's id.

    The call waits for the broker no longer than EAGLET_PUBLISH_TIMEOUT_SECONDS for all tasks of
    a transaction, and not at all with `order_key`, a delay, or after repeated failures; a broker
    that fails never breaks the caller's commit. Raises InvalidTask for a queue name, arguments,
    a key or a time that can't be sent, and for arguments that are not what `sends` declares,
    TaskError when the transaction that is open is another database's, and what Django raises when
    the outbox can't be written to.
    """
    arguments.check_queue_name(queue_name)
    key = arguments.check_order_key(order_key)
    not_before = schedule.not_before(delay_seconds, at)
    text = arguments.to_json(args)
    declared = contracts.contract_for(queue_name)
    if declared is not None:
        declared.check(text)
    alias = outbox.outbox_alias(using)
    task = outbox.put(
        alias, queue_name, text, str(uuid.uuid4()), order_key=key, not_before=not_before
    )
    return task.task_id


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
