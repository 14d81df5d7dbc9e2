"""`@on_event`: declare what a service does when an event is published."""

from collections.abc import Callable
from typing import Any

from celery import Task

from eaglet.conf.naming import service_name
from eaglet.contracts.topics import WILDCARDS
from eaglet.tasks.receiving.decorator import Handler, declarator
from eaglet.tasks.receiving.execution import event_at_work
from eaglet.tasks.sending.arguments import check_event_name


def on_event(
    name: str,
    *,
    once: bool = False,
    using: str | None = None,
    max_attempts: int | None = None,
    purpose: str = "",
) -> Callable[[Handler], Task[Any, Any]]:
    """Declare the function that takes an event, whichever service publishes it.

    The service has a queue of its own for it, `{service}.{name}`, which the broker keeps, and puts
    events in, also while no worker of the service runs: from the first start of one until
    `manage.py eaglet_subscriptions delete`. What `@task` says of the function holds for this one;
    it has no result.

    Args:
        name: the event, or a pattern: `*` for any one word, `#` for any number of them.
        once: as for `task`.
        using: as for `task`.
        max_attempts: as for `task`.
        purpose: tells this one from another for the same events: `{service}.{name}:{purpose}`.

    Raises InvalidTask for what is no name, and ImproperlyConfigured when two functions declare the
    same queue.
    """
    check_event_name(name, WILDCARDS)
    return declarator(queue_of(name, purpose), once, using, max_attempts, name)


def queue_of(name: str, purpose: str = "") -> str:
    """Return the queue of this service for an event."""
    return f"{service_name()}.{name}" + (f":{purpose}" if purpose else "")


def current_event() -> str:
    """Return the name of the event that a function of `@on_event` is at work for; "" in none."""
    return event_at_work.get()
