"""Configure Celery where the project's own settings (`CELERY_…`) do not."""

import ssl
import sys
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from django.conf import settings

from eaglet.tasks.database import digest_of

EMBEDDED_BROKER: Final = "eaglet://"
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
    **dict.fromkeys(("redis", "rediss", "sentinel"), _REDIS),
}


def make_app(name: str, **options: Any) -> Celery:
    """Make a Celery app configured by Django's settings, and by eaglet where they are silent."""
    app = Celery(name, amqp="eaglet.tasks.broker.queues:TaskAMQP", **options)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    if not app.conf.broker_url:
        app.conf["broker_url"] = EMBEDDED_BROKER
    if not app.conf.value_set_for("task_default_queue"):
        app.conf["task_default_queue"] = system_queue()
    apply_defaults(app)
    return app


def system_queue(prefix: str = "celery") -> str:
    """Return the queue of what names none, such as the relay as a task: the service's own."""
    # Known by the database it writes to: another's worker would look into another outbox.
    name = str(settings.DATABASES.get("default", {}).get("NAME", ""))
    return f"{prefix}.{digest_of(name)[:12]}"


def apply_defaults(app: Celery) -> None:
    """Configure what the project's own settings leave open; a second time changes nothing."""
    conf = app.conf
    defaults: dict[str, Any] = {
        "broker_connection_timeout": 2,
        # The outbox keeps and repeats what could not be published.
        "task_publish_retry": False,
        "broker_connection_retry_on_startup": True,
        # What a broker refuses, such as a Redis that is full or read only for a while, ends no
        # worker: it connects again.
        "broker_channel_error_retry": True,
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
    if any(url.startswith("rediss:") for url in _urls(conf.broker_write_url)):
        # kombu would ask for no certificate. What the URL says (`?ssl_…=`) comes first.
        defaults["broker_use_ssl"] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    for key, value in defaults.items():
        if not conf.value_set_for(key):
            conf[key] = value
    options = dict(_TRANSPORT_OPTIONS.get(broker_scheme(conf.broker_write_url), {}))
    # Each of several brokers is tried once, in the time that one has.
    others = max(0, len(_urls(conf.broker_write_url)) - 1)
    if "connect_retries_timeout" in options:
        options["connect_retries_timeout"] *= 1 + others
    conf.broker_transport_options = {
        **options,
        **({"max_retries": others} if options else {}),
        **(conf.broker_transport_options or {}),
    }


def broker_scheme(url: Any) -> str:
    """Return what kind of broker a URL, or the first of several, leads to: `amqp`, say."""
    return next(iter(_urls(url)), "").partition("://")[0].partition("+")[0]


def _urls(url: Any) -> list[str]:
    """Return the URLs of the brokers, of which there may be several, with `;` or as a list."""
    several = url.split(";") if isinstance(url, str) else url or ()
    return [str(one) for one in several]
