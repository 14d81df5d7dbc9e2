"""Look after the queues in which the broker keeps events for this service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kombu.connection import Connection

from eaglet.conf.naming import service_name
from eaglet.exceptions import BrokerUnavailable
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.broker.errors import reason
from eaglet.tasks.broker.queues import EVENTS, event_queue
from eaglet.tasks.database import DATABASE_FAULTS
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.decorator import declarations


@dataclass(frozen=True)
class Subscription:
    """A queue of this service, and how many events are in it; None: the broker has no such."""

    queue: str
    waiting: int | None
    is_declared: bool

    @property
    def pattern(self) -> str:
        """Return the pattern of the events that it is bound for."""
        return self.queue.removeprefix(f"{service_name()}.").partition(":")[0]


def subscriptions() -> list[Subscription]:
    """Return those that the code declares, and all others that the broker still has.

    RabbitMQ does not tell what is bound: of those that are not declared any more, the ledger has
    the ones that a worker has taken something from. Raises BrokerUnavailable.
    """
    declared = {one.queue_name for one in declarations() if one.event}
    noted: set[str] = set()
    with suppress(*DATABASE_FAULTS):  # of a service that is not migrated
        rows = ReceivedTask.objects.using(ledger_alias()).order_by()
        noted = set(rows.values_list("queue_name", flat=True).distinct())
    with _connected() as connection:
        bound = _bound(connection)
        ours = {name for name in {*noted, *bound} if name.startswith(f"{service_name()}.")}
        found = [
            Subscription(name, _waiting(connection, name, bound), name in declared)
            for name in sorted(declared | ours)
        ]
    return [one for one in found if one.is_declared or one.waiting is not None]


def delete(subscription: Subscription) -> None:
    """Delete a queue, with what is in it, and what it is bound by. Raises BrokerUnavailable."""
    with _connected() as connection:
        channel: Any = connection.default_channel
        EVENTS(channel).declare()
        queue = event_queue(subscription.queue, subscription.pattern)(channel)
        # On Redis only what this process has bound is deleted.
        queue.queue_bind()
        queue.delete()


@contextmanager
def _connected() -> Iterator[Connection]:
    connection = publishing_app().connection_for_write()
    try:
        with connection:
            yield connection.ensure_connection(max_retries=1)
    except (*connection.connection_errors, *connection.channel_errors) as error:
        raise BrokerUnavailable(reason(error)) from error


def _bound(connection: Connection) -> set[str]:
    channel: Any = connection.default_channel
    if not hasattr(channel, "get_table"):
        return set()
    EVENTS(channel).declare()
    return {queue for _, _, queue in channel.get_table(EVENTS.name)}


def _waiting(connection: Connection, queue: str, bound: set[str]) -> int | None:
    try:
        channel: Any = connection.channel()  # one that RabbitMQ closes if there is none
        with channel:
            # Redis has no queues that are empty.
            return int(channel.queue_declare(queue, passive=queue not in bound).message_count)
    except connection.channel_errors as error:
        if str(getattr(error, "reply_code", "")) != "404":
            raise
        return None
