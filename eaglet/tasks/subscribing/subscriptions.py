"""Look after the queues in which the broker keeps events for this service."""

from contextlib import closing, suppress

from django.db.models import Max

from eaglet.conf.naming import service_name
from eaglet.contracts.topics import matches
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.broker.headers import EVENT
from eaglet.tasks.broker.queues import EVENTS, event_queue
from eaglet.tasks.database import DATABASE_FAULTS
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.decorator import declarations
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.subscribing.events import queue_of


def subscriptions() -> dict[str, int | None]:
    """Return this service's queues for events, and how many wait in each; None: it is not there.

    They are those that the code declares, and others that the broker still has. RabbitMQ does not
    tell what is bound: there the others are those that a worker has taken events from, as the
    ledger has it. Raises BrokerUnavailable.
    """
    declared = {one.queue_name for one in declarations() if one.event}
    with closing(Broker()) as broker:
        bound: set[str] = set()
        with broker.channel() as channel:
            if tells := hasattr(channel, "get_table"):
                EVENTS(channel).declare()
                table = channel.get_table(EVENTS.name)
                # Not those of a service whose name begins like this one's.
                bound = {to for key, _, to in table if to.partition(":")[0] == queue_of(key)}
        known = declared | (bound if tells else _taken_from())
        found = {name: broker.waiting(name) for name in sorted(known)}
    # Redis has no queues that are empty.
    found.update((name, 0) for name in bound if found[name] is None)
    return {name: count for name, count in found.items() if name in declared or count is not None}


def _taken_from() -> set[str]:
    """Return the queues of this service that the ledger has events from."""
    rows = ReceivedTask.objects.using(ledger_alias()).order_by()
    rows = rows.filter(queue_name__startswith=f"{service_name()}.")
    with suppress(*DATABASE_FAULTS):  # of a service that is not migrated
        last = [pk for _, pk in rows.values_list("queue_name").annotate(Max("pk"))]
        told = rows.filter(pk__in=last).values_list("queue_name", "message")
        events = [(queue, StoredMessage.from_text(text).headers.get(EVENT)) for queue, text in told]
        return {queue for queue, event in events if matches(pattern_of(queue), str(event))}
    return set()


def pattern_of(queue: str) -> str:
    """Return the pattern of the events that a queue of this service is bound for."""
    return queue.removeprefix(f"{service_name()}.").partition(":")[0]


def delete(queue: str) -> None:
    """Delete a queue, with what is in it, and what it is bound by. Raises BrokerUnavailable."""
    with closing(Broker()) as broker, broker.channel() as channel:
        EVENTS(channel).declare()
        bound = event_queue(queue, pattern_of(queue))(channel)
        # On Redis only what this process has bound is deleted.
        bound.queue_bind()
        bound.delete()
