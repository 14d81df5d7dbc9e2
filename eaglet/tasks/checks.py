"""Check what tasks are sent and received with."""

import difflib
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from eaglet.conf import conf
from eaglet.tasks.broker.connection import publishing_app
from eaglet.tasks.celery_config import broker_scheme
from eaglet.tasks.contract_listing import unpublished
from eaglet.tasks.display import describe
from eaglet.tasks.receiving.decorator import declared_queues
from eaglet.tasks.receiving.worker import discover
from eaglet.tasks.sending.send import declared_sends

_JSON = {"json", "application/json"}
_ONE_DAY = 24 * 3600
HAS_TASKS_OF_DJANGO: Final = bool(find_spec("django.tasks") or find_spec("django_tasks"))


@register(Tags.compatibility)
def check_tasks(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find settings under which tasks would be lost, or taken from strangers unsafely."""
    parts = _content, _broker, _retention, _queue_names, _subscriptions, _tasks_of_django
    return [message for part in parts for message in part()]


def _content() -> Iterator[CheckMessage]:
    accepted = getattr(settings, "CELERY_ACCEPT_CONTENT", ["json"])
    for name in ("CELERY_TASK_SERIALIZER", "CELERY_EVENT_SERIALIZER"):
        accepted = [*accepted, getattr(settings, name, "json")]
    others = sorted({str(kind) for kind in accepted} - _JSON)
    if others:
        yield Error(
            f"Celery is told to take or write {', '.join(others)}, and tasks are JSON only.",
            hint="Whoever can write to the broker could run code here with pickle. Remove "
            "CELERY_ACCEPT_CONTENT and CELERY_TASK_SERIALIZER.",
            id="eaglet_tasks.E001",
        )


def _broker() -> Iterator[CheckMessage]:
    if broker_scheme(publishing_app().conf.broker_write_url) == "eaglet" and not settings.DEBUG:
        yield Warning(
            "Tasks go through the embedded broker, and DEBUG is off.",
            hint="It serves one machine. Set CELERY_BROKER_URL to RabbitMQ or Redis, or silence "
            "this check if one machine is what you have.",
            id="eaglet_tasks.W001",
        )


def _queue_names() -> Iterator[CheckMessage]:
    taken = declared_queues()
    for sent in declared_sends():
        near = difflib.get_close_matches(sent.queue_name, taken, 1, 0.9)
        if near and sent.queue_name not in taken:
            yield Warning(
                f"Tasks are sent to {sent.queue_name!r}, and {near[0]!r} is taken from here.",
                hint="Is it misspelt? If another service takes it, silence this check; "
                "manage.py eaglet_catalogue shows who does.",
                id="eaglet_tasks.W003",
            )


def _subscriptions() -> Iterator[CheckMessage]:
    try:
        discover()
    except Exception as error:  # noqa: BLE001 - of a module of the project's
        yield Warning(
            f"A module that declares tasks can't be imported: {describe(error)}",
            hint="No worker starts before that is mended.",
            id="eaglet_tasks.W005",
        )
    for pattern, near in unpublished():
        yield Warning(
            f"This service subscribes to {pattern!r}, and no event that it declares is that.",
            hint=(f"Did you mean {near!r}? " if near else "")
            + "If another service publishes it, silence this check; manage.py eaglet_catalogue "
            "shows who does.",
            id="eaglet_tasks.W004",
        )


def _tasks_of_django() -> Iterator[CheckMessage]:
    if hasattr(settings, "TASKS") and not HAS_TASKS_OF_DJANGO:
        yield Error(
            "TASKS is set, and this Django has no tasks of its own.",
            hint="Install the package django-tasks, or Django 6; or remove TASKS.",
            id="eaglet_tasks.E005",
        )


def _retention() -> Iterator[CheckMessage]:
    kept = conf.EAGLET_INBOX_RETENTION_SECONDS
    options = publishing_app().conf.broker_transport_options
    redelivered_after = options.get("visibility_timeout", 0)
    if isinstance(kept, int | float) and kept < max(2 * redelivered_after, _ONE_DAY):
        yield Warning(
            f"EAGLET_INBOX_RETENTION_SECONDS is {kept}: a task may be delivered again when "
            "nobody knows any more that it was done.",
            hint="A broker gives back what a dead worker held, and a relay publishes again what "
            "it had not marked. Keep a day's at least, and twice the broker's visibility timeout.",
            id="eaglet_tasks.W002",
        )
