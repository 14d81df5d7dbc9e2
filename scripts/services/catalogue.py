"""The services there are."""

from __future__ import annotations

from .mariadb import MariaDB
from .postgresql import PostgreSQL
from .rabbitmq import RabbitMQ
from .redis import Redis
from .service import Service

SERVICES: dict[str, type[Service]] = {
    service.name: service for service in (RabbitMQ, Redis, PostgreSQL, MariaDB)
}
