"""Send a task: written in the caller's transaction and published after its commit."""

from __future__ import annotations

import datetime
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from secrets import randbits as _random
from typing import Any, Final, TypedDict, TypeVar, Unpack

from django.core.exceptions import ImproperlyConfigured

from eaglet.exceptions import InvalidTask, ParamError
from eaglet.params import check_params, parse_declarations
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import arguments, outbox

Declared = TypeVar("Declared", bound="Sends")

_declared: Final[dict[str, Sends]] = {}


class SendOptions(TypedDict, total=False):
    """The options of `send_task`."""

    using: str | None
    order_key: str | None
    unique_key: str | None
    priority: int
    delay_seconds: float | None
    at: datetime.datetime | None


def send_task(queue_name: str, args: Any, **options: Unpack[SendOptions]) -> str:
    """Send a task to a queue, at least once: neither lost, nor sent for what is rolled back.

    It is written to the outbox in the open transaction and published after the commit; while the
    broker is away, later by `manage.py relay_tasks`. The call waits for the broker no longer than
    EAGLET_PUBLISH_TIMEOUT_SECONDS for all tasks of a transaction, and a broker that fails never
    breaks the commit.

    Args:
        queue_name: the queue, and the Celery task; 255 bytes at most.
        args: what the task's function gets, a dict with str keys. Dates, decimals and UUIDs arrive
            as strings.
        using: the database whose transaction the task is part of; by default the outbox's.
        order_key: tasks with the same one, 255 characters at most, are published in order, by the
            relay alone. One that is parked stops its key.
        unique_key: send nothing while a task to the queue with the same one, 255 characters at
            most, waits in the outbox: the call gives the id of that. The relay alone publishes it.
        priority: 0 to 9, the most urgent; the outbox publishes such before others to their queue.
        delay_seconds: publish it this much later; until then it stays in the outbox.
        at: publish it at this time, with a time zone where USE_TZ is on.

    Returns the task's id, or that of the one that waits. Raises InvalidTask for what can't be sent,
    or is not what `sends` declares, TaskError when the open transaction is another database's, and
    what Django raises when the outbox can't be written to.
    """
    arguments.check_queue_name(queue_name)
    return put(OutboxTask.Kind.TASK, queue_name, args, _declared.get(queue_name), **options)


def put(
    kind: int,
    name: str,
    args: Any,
    declared: Sends | None,
    *,
    using: str | None = None,
    order_key: str | None = None,
    unique_key: str | None = None,
    priority: int = 0,
    delay_seconds: float | None = None,
    at: datetime.datetime | None = None,
) -> str:
    """Write a task or an event to the outbox if it can be sent, and is as declared; return its id.

    Raises what `send_task` does.
    """
    in_order = arguments.check_key(order_key, "order_key")
    unique = arguments.check_key(unique_key, "unique_key")
    arguments.check_priority(priority)
    not_before = arguments.check_time(delay_seconds, at)
    text = arguments.to_json(args)
    if declared:
        declared.check(text)
    task = outbox.put(
        outbox.outbox_alias(using),
        name,
        text,
        new_id(),
        order_key=in_order,
        unique_key=unique,
        priority=priority,
        not_before=not_before,
        kind=int(kind),
    )
    return task.task_id


def cancel_task(task_id: str, *, using: str | None = None) -> bool:
    """Take back a task that waits in the outbox, in the open transaction if there is one.

    Returns False, and changes nothing, for one that has been published, is being published, is
    parked or is not there. One whose publishing was begun and broke off, as its last error tells,
    may have reached the broker all the same. `using` is what it was for `send_task`.
    """
    return outbox.cancel(outbox.outbox_alias(using), task_id)


def new_id() -> str:
    """Return a UUID of version 7 (RFC 9562), whose beginning is the time.

    New rows are neighbours in every index on it, then, however many there are.
    """
    milliseconds = time.time_ns() // 1_000_000
    return str(
        uuid.UUID(int=milliseconds << 80 | 7 << 76 | _random(12) << 64 | 2 << 62 | _random(62))
    )


class Sends:
    """A queue this service sends to; `params` is the payload, as it was declared."""

    def __init__(
        self, queue_name: str, params: Iterable[str], models: Mapping[str, Any] | None = None
    ) -> None:
        self.queue_name = arguments.check_queue_name(queue_name)
        self._params = parse_declarations(params, models)
        if any(param.type == "file" for param in self._params):
            raise ImproperlyConfigured(f"what is sent to {queue_name!r} can hold no file")
        self.params = [str(param) for param in self._params]

    def __repr__(self) -> str:
        return f"sends({self.queue_name!r}, {self.params!r})"

    def send(self, args: dict[str, Any], **options: Unpack[SendOptions]) -> str:
        """Send a task there, as `send_task` does."""
        return send_task(self.queue_name, args, **options)

    def check(self, text: str) -> None:
        """Raise InvalidTask, naming all that is wrong, unless JSON text is such a payload."""
        try:
            check_params(self._params, json.loads(text))
        except ParamError as error:
            raise InvalidTask(
                f"the arguments do not fit what {self.queue_name} is declared to be sent: {error}"
            ) from error


def sends(queue_name: str, params: Iterable[str], **models: Any) -> Sends:
    """Declare that this service sends tasks to a queue, and what.

        POINTS_CHANGED = sends("services.points.tasks.changed", ["member_id:int", "?note"])
        POINTS_CHANGED.send({"member_id": 7})

    From then on every task sent to the queue, by `send_task` too, must be of that payload, written
    in the grammar of `param_required`, with its models; `manage.py eaglet_tasks` lists it. Raises
    InvalidTask for a name that no queue could have, and ImproperlyConfigured for what is not the
    grammar, or a queue declared twice with different payloads.
    """
    return declare(_declared, Sends(queue_name, params, models))


def declare(known: dict[str, Declared], new: Declared) -> Declared:
    """Keep a declaration by its name, or return the one there is if it is the same.

    Raises ImproperlyConfigured for another of the name.
    """
    old = known.setdefault(new.queue_name, new)
    if old.params != new.params:
        raise ImproperlyConfigured(
            f"what is sent to {new.queue_name!r} is declared twice: {old.params} and {new.params}"
        )
    return old


def declared_sends() -> list[Sends]:
    """Return everything this service declares to send, sorted by queue."""
    return [_declared[name] for name in sorted(_declared)]
