"""How Celery is configured where the project does not say: what holds when things break.

The project's own settings (`CELERY_…`, read as Celery's Django documentation has it) come first.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from django.conf import settings

EMBEDDED_BROKER: Final = "eaglet://"
SAFE_REDIS: Final = "eaglet-redis"
RABBITMQ_SCHEMES: Final = ("amqp", "amqps", "pyamqp")

# Measured: without these a closed port keeps a send for 0.6 to 6 s, a broker that accepts and
# never answers for more than 60, and a RabbitMQ killed in mid-send loses what it had not written.
_RABBITMQ: Final = {
    "confirm_publish": True,
    "max_retries": 0,
    "connect_retries_timeout": 2,
    "read_timeout": 5,
    "write_timeout": 5,
}
# A sweep that is throttled to every 10th round would give a dead worker's tasks back only after
# 100 s more.
_REDIS: Final = {
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "max_retries": 0,
    "connect_retries_timeout": 2,
    "visibility_timeout": 3600,
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 10,
}
_TRANSPORT_OPTIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "eaglet": {"max_retries": 0},
    **dict.fromkeys(RABBITMQ_SCHEMES, _RABBITMQ),
    "redis": _REDIS,
    "rediss": _REDIS,
    "sentinel": _REDIS,
}


def make_app(name: str, **options: Any) -> Celery:
    """Make a Celery app configured by Django's settings, and by eaglet where they are silent."""
    app = Celery(name, **options)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    apply_defaults(app)
    return app


def apply_defaults(app: Celery) -> None:
    """Configure what the project's own settings leave open; a second time changes nothing."""
    conf = app.conf
    if not conf.broker_url:
        conf["broker_url"] = EMBEDDED_BROKER
    defaults: dict[str, Any] = {
        "broker_connection_timeout": 2,
        # The outbox keeps and repeats what could not be published.
        "task_publish_retry": False,
        "broker_connection_retry_on_startup": True,
        # A worker that holds more than it works on keeps it from the others.
        "worker_prefetch_multiplier": 1,
        "accept_content": ["json"],
        "result_accept_content": ["json"],
        "result_extended": True,
        # Celery's own handlers would write past the filters of the project's LOGGING.
        "worker_hijack_root_logger": False,
        # Celery closes every database connection before and after each task unless told how
        # often to: eaglet does as requests do instead (see `receiving`).
        "CELERY_DB_REUSE_MAX": sys.maxsize,
    }
    if any(name.split(".")[0] == "django_celery_results" for name in settings.INSTALLED_APPS):
        defaults["result_backend"] = "django-db"
    if broker_scheme(conf.broker_read_url) in ("redis", "rediss"):
        # kombu's own loses what it has taken, and not noted, when it is killed just then.
        defaults["broker_transport"] = SAFE_REDIS
    for key, value in defaults.items():
        if not conf.value_set_for(key):
            conf[key] = value
    scheme = broker_scheme(conf.broker_write_url)
    conf.broker_transport_options = {
        **_TRANSPORT_OPTIONS.get(scheme, {}),
        **(conf.broker_transport_options or {}),
    }


def broker_scheme(url: Any) -> str:
    """What kind of broker a URL, or the first of several, leads to: `amqp` or `redis`, say."""
    first = url if isinstance(url, str) else next(iter(url or ()), "")
    return str(first).partition("://")[0].partition("+")[0]
