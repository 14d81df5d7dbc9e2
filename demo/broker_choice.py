"""Which broker the walkthrough's tasks go through."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from demo.broker_servers import RabbitMQ, Redis
from demo.brokers import Broker, BrokerUnusable, EmbeddedBroker

_SERVERS = {"amqp": RabbitMQ, "redis": Redis}


def broker_for(url: str | None, run_dir: Path) -> Broker:
    """The broker at a URL; the embedded one without. Raises BrokerUnusable for other kinds."""
    if not url:
        return EmbeddedBroker(run_dir / "queue")
    server = _SERVERS.get(urlsplit(url).scheme)
    if server is None or ";" in url:
        raise BrokerUnusable(
            "CELERY_BROKER_URL: the walkthrough takes the amqp:// or redis:// URL of one server"
        )
    return server(url)
