"""System checks of what tasks are sent and received with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from eaglet.tasks.broker import publishing_app
from eaglet.tasks.configuration import broker_scheme

_JSON = {"json", "application/json"}


@register(Tags.compatibility)
def check_tasks(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find settings under which tasks would be lost, or taken from strangers unsafely."""
    return [*_content(), *_broker()]


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
