"""Publish an event: written in the caller's transaction, for every service that subscribes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Unpack

from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending.arguments import check_event_name
from eaglet.tasks.sending.send import SendOptions, Sends, declare, put

_declared: Final[dict[str, Emits]] = {}


def publish_event(
    name: str, args: Any, *, require_subscriber: bool = False, **options: Unpack[SendOptions]
) -> str:
    """Publish an event, at least once to each subscription: what `send_task` promises of a task.

    Each service that subscribes to it (`@on_event`) has a queue of its own, which the broker puts
    it in. One that nobody subscribes to is published all the same, and counted.

    Args:
        name: words with dots between them, 255 bytes at most.
        args: what the subscribers' functions get, a dict with str keys.
        require_subscriber: park it, to be replayed, when no queue is bound for it.
        options: as `send_task` has them.

    Returns the event's id, which is the task id of each subscriber's. Raises what `send_task` does.
    """
    check_event_name(name)
    kind = OutboxTask.Kind.NEEDED_EVENT if require_subscriber else OutboxTask.Kind.EVENT
    return put(kind, name, args, _declared.get(name), **options)


class Emits(Sends):
    """An event that this service publishes; `params` is the payload, as it was declared."""

    def publish(
        self, args: Any, *, require_subscriber: bool = False, **options: Unpack[SendOptions]
    ) -> str:
        """Publish the event, as `publish_event` does."""
        return publish_event(
            self.queue_name, args, require_subscriber=require_subscriber, **options
        )

    send = publish


def emits(name: str, params: Iterable[str], **models: Any) -> Emits:
    """Declare that this service publishes an event, and what with.

        POINTS_CHANGED = emits("points.changed", ["member_id:int", "?note"])
        POINTS_CHANGED.publish({"member_id": 7})

    From then on every such event, by `publish_event` too, must be of that payload, written as for
    `sends`, which tells what is raised.
    """
    return declare(_declared, Emits(check_event_name(name), params, models))


def declared_emits() -> list[Emits]:
    """Return the events that this service declares to publish, sorted by name."""
    return [_declared[name] for name in sorted(_declared)]
