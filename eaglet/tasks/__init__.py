"""Tasks: what is sent to other services, durably, and how they take it.

The names are imported when first asked for: models must not be touched before the app registry
is ready.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from kombu.transport import TRANSPORT_ALIASES

if TYPE_CHECKING:
    from eaglet.tasks.celery_app import app as app
    from eaglet.tasks.receiving import task as task
    from eaglet.tasks.sending import send_task as send_task
    from eaglet.tasks.testing import captured_tasks as captured_tasks

# The embedded broker: `eaglet://` as a broker's URL.
TRANSPORT_ALIASES["eaglet"] = "eaglet.tasks.embedded.transport:Transport"

_HOMES = {
    "app": "eaglet.tasks.celery_app",
    "captured_tasks": "eaglet.tasks.testing",
    "send_task": "eaglet.tasks.sending",
    "task": "eaglet.tasks.receiving",
}

__all__ = ["app", "captured_tasks", "send_task", "task"]


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None
    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
