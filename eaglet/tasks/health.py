"""Look whether the broker, the outboxes and the workers are well."""

import datetime
import difflib
from collections.abc import Iterator
from functools import partial
from operator import itemgetter
from typing import Final

from django.utils.version import get_version_tuple

from eaglet.conf import conf
from eaglet.conf.naming import service_name
from eaglet.doctor import Finding
from eaglet.exceptions import BrokerUnavailable
from eaglet.health import register_probe
from eaglet.tasks.broker.connection import Broker, publishing_app
from eaglet.tasks.contract_listing import unpublished
from eaglet.tasks.database import has_table, utc_now
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.models.outbox import migrated_outboxes, outbox_aliases
from eaglet.tasks.models.process import processes
from eaglet.tasks.receiving.decorator import declaration_of, declarations, declared_queues
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.subscribing.subscriptions import subscriptions


def probe_broker() -> None:
    """Connect to the broker. Raises BrokerUnavailable, with the reason."""
    broker = Broker()
    try:
        broker.connect()
    finally:
        broker.close()


def probe_outboxes() -> None:
    """Read from every outbox. Raises what the database does."""
    for alias in outbox_aliases():
        OutboxTask.objects.using(alias).order_by()[:1].exists()


def register_for_services() -> None:
    """Make the broker a part of every process's readiness, where the project wants it so."""
    if conf.EAGLET_READY_NEEDS_BROKER:
        register_probe("broker", probe_broker)


def register_for_relay() -> None:
    """Make what a relay needs its readiness."""
    register_probe("broker", probe_broker)
    register_probe("outbox", probe_outboxes)


OLDEST_SERVERS: Final = {"RabbitMQ": "3.10", "Redis": "6.2"}
"""The oldest that what is promised of delivery holds with."""
LATE_SECONDS: Final = 10
"""What has been due for longer than this should have been published."""
# A worker that is just starting does not hear the first question; a busy machine takes longer.
ANSWER_SECONDS: Final = (1.0, 2.0, 6.0)
# Of the tasks sent last, for their queues.
_LOOKED_AT: Final = 10_000


def examine_tasks() -> Iterator[Finding]:
    """Look at the outbox, the broker and the workers."""
    yield from _outbox()
    yield from _ledger()
    broker = Broker()
    try:
        kind, version = broker.server()
    except BrokerUnavailable as error:
        yield Finding(f"broker: {error}", "is it running? See CELERY_BROKER_URL")
        return
    finally:
        broker.close()
    oldest = OLDEST_SERVERS.get(kind, "")
    if version and get_version_tuple(version) < get_version_tuple(oldest):
        yield Finding(f"broker: {kind} {version} is too old", f"run {kind} {oldest} or later")
    else:
        yield Finding(f"broker: {kind} {version} answers" if version else "broker: answers")
    yield from _subscriptions()
    yield from _workers()


def _subscriptions() -> Iterator[Finding]:
    discover()
    for pattern, near in unpublished():
        yield Finding(
            f"events {pattern}: subscribed to, and no event that is declared here is that",
            f"did you mean {near}?" if near else "does another service publish it?",
        )
    for queue in subscriptions():
        if declaration_of(queue) is None:
            yield Finding(
                f"queue {queue}: gets events, and nothing here takes them any more",
                f"manage.py eaglet_subscriptions delete {queue}",
            )


def _outbox() -> Iterator[Finding]:
    late = utc_now() - datetime.timedelta(seconds=LATE_SECONDS)
    for alias in migrated_outboxes():
        rows = OutboxTask.objects.using(alias)
        waiting = rows.waiting().filter(due_at__lt=late).count()
        if waiting:
            yield Finding(
                f"outbox of {alias!r}: {waiting} tasks wait to be published",
                "run manage.py relay_tasks, and keep it running",
            )
        elif parked := rows.parked().count():
            yield Finding(
                f"outbox of {alias!r}: the broker has refused {parked} tasks",
                "see why in the admin; manage.py replay_outbox tries again",
            )
        else:
            yield Finding(f"outbox of {alias!r}: nothing waits")


def _ledger() -> Iterator[Finding]:
    if has_table(ledger_alias(), ReceivedTask):
        if parked := ReceivedTask.objects.using(ledger_alias()).parked().count():
            yield Finding(
                f"received tasks: {parked} are parked",
                "see why in the admin; manage.py replay_tasks has them done again",
            )
        seen = processes({*migrated_outboxes(), ledger_alias()})
        for kind in ("relay", "worker"):
            of_kind = [one for one in seen if one["kind"] == kind]
            if of_kind and all(one["is_late"] for one in of_kind):
                ago = min(one["seconds"] for one in of_kind)
                yield Finding(
                    f"{kind}: none has been seen for {ago} s",
                    f"the last has died: start the {kind} again, and keep it running",
                )


def _taken(hoped_for: set[str]) -> dict[frozenset[str], str]:
    """Return the sets of queues that workers take from, each with the name of one that does."""
    taken: dict[frozenset[str], str] = {}
    # Not a connection of the pool's, which the broker may have closed since it was last used.
    with publishing_app().connection_for_write() as connection:
        # Not `inspect`, which of several workers of one name gives the last's answer alone.
        ask = partial(publishing_app().control.broadcast, reply=True, connection=connection)
        for seconds in ANSWER_SECONDS:
            for answer in ask("active_queues", timeout=seconds) or ():
                for worker, queues in answer.items():
                    taken[frozenset(queue["name"] for queue in queues)] = worker
            if hoped_for <= set().union(*taken):
                break
    return taken


def _workers() -> Iterator[Finding]:
    own = set(declared_queues())
    sent = set()
    for alias in migrated_outboxes():
        last = OutboxTask.objects.using(alias).filter(kind=OutboxTask.Kind.TASK).order_by("-pk")
        sent |= set(last.values_list("queue_name", flat=True)[:_LOOKED_AT])
    if not publishing_app().conf.worker_enable_remote_control:
        yield Finding("workers: they run without remote control, so what they take is not known")
        return
    by_queues = _taken(own)
    taken = set().union(*by_queues)
    events = {one.queue_name for one in declarations() if one.event}
    # A worker's default queue is its service's alone.
    known = own | {publishing_app().conf.task_default_queue}
    for queues, worker in sorted(by_queues.items(), key=itemgetter(1)):
        if events & queues and (others := queues - known):
            yield Finding(
                f"worker {worker}: takes this service's events, and what this service does not: "
                f"{', '.join(sorted(others))}",
                f"is it of another service that is called {service_name()!r} too? Each would get "
                "only some of the events: give each an EAGLET_SERVICE_NAME of its own",
            )
    for queue in sorted(own | sent):
        if queue in taken:
            whose = "its tasks" if queue in own else "the tasks sent to it"
            yield Finding(f"queue {queue}: a worker takes {whose}")
        elif queue in own:
            yield Finding(
                f"queue {queue}: declared here, and no worker takes its tasks",
                "run manage.py worker, and keep it running; one that runs logs what is wrong",
            )
        else:
            nearest = difflib.get_close_matches(queue, taken | own, 1, 0.8)
            yield Finding(
                f"queue {queue}: tasks were sent to it, and no worker takes them",
                (f"did you mean {nearest[0]}? If not: " if nearest else "")
                + "is the worker of the service that takes them running, on the same broker, and "
                "is the queue spelt as that service's @task has it?",
            )
