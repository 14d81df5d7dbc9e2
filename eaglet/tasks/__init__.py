"""Tasks: what is sent to other services, durably, and how they take it.

The names are imported when first asked for: models must not be touched before the app registry
is ready.
"""

from typing import TYPE_CHECKING

from kombu.transport import TRANSPORT_ALIASES

from eaglet.imports import lazy_exports

if TYPE_CHECKING:
    from eaglet.tasks.celery_app import app as app
    from eaglet.tasks.receiving.decorator import every as every
    from eaglet.tasks.receiving.decorator import task as task
    from eaglet.tasks.sending.events import emits as emits
    from eaglet.tasks.sending.events import publish_event as publish_event
    from eaglet.tasks.sending.send import cancel_task as cancel_task
    from eaglet.tasks.sending.send import send_task as send_task
    from eaglet.tasks.sending.send import sends as sends
    from eaglet.tasks.subscribing.cached import cached_until as cached_until
    from eaglet.tasks.subscribing.events import current_event as current_event
    from eaglet.tasks.subscribing.events import on_event as on_event
    from eaglet.tasks.testing import captured_events as captured_events
    from eaglet.tasks.testing import captured_tasks as captured_tasks

# The embedded broker: `eaglet://` as a broker's URL.
TRANSPORT_ALIASES["eaglet"] = "eaglet.tasks.embedded.transport:Transport"
# A worker of kombu's own loses what it has taken, and not noted, when it is killed just then.
TRANSPORT_ALIASES["redis"] = TRANSPORT_ALIASES["rediss"] = (
    "eaglet.tasks.broker.redis_transport:Transport"
)
TRANSPORT_ALIASES["sentinel"] = "eaglet.tasks.broker.redis_transport:SentinelTransport"

_HOMES = {
    "app": "eaglet.tasks.celery_app",
    "cached_until": "eaglet.tasks.subscribing.cached",
    "cancel_task": "eaglet.tasks.sending.send",
    "captured_events": "eaglet.tasks.testing",
    "captured_tasks": "eaglet.tasks.testing",
    "current_event": "eaglet.tasks.subscribing.events",
    "emits": "eaglet.tasks.sending.events",
    "every": "eaglet.tasks.receiving.decorator",
    "on_event": "eaglet.tasks.subscribing.events",
    "publish_event": "eaglet.tasks.sending.events",
    "send_task": "eaglet.tasks.sending.send",
    "sends": "eaglet.tasks.sending.send",
    "task": "eaglet.tasks.receiving.decorator",
}

__all__ = [
    "app", "cached_until", "cancel_task", "captured_events", "captured_tasks", "current_event",
    "emits", "every", "on_event", "publish_event", "send_task", "sends", "task",
]  # fmt: skip

__getattr__, __dir__ = lazy_exports(__name__, _HOMES)
