"""Whether the broker and the outboxes can be reached, for readiness."""

from __future__ import annotations

from django.db import connections

from eaglet.conf import conf
from eaglet.health import register_probe
from eaglet.tasks.broker import Broker
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.outboxes import outbox_aliases


def probe_broker() -> None:
    """Connect to the broker. Raises BrokerUnavailable, with the reason."""
    broker = Broker()
    try:
        broker.connect()
    finally:
        broker.close()


def probe_outboxes() -> None:
    """Read from every outbox. Raises what the database does."""
    try:
        for alias in outbox_aliases():
            OutboxTask.objects.using(alias).order_by()[:1].exists()
    finally:
        # Probes have threads of their own, and these their connections.
        connections.close_all()


def register_for_services() -> None:
    """Make the broker a part of every process's readiness, where the project wants it so."""
    if conf.EAGLET_READY_NEEDS_BROKER:
        register_probe("broker", probe_broker)


def register_for_relay() -> None:
    """Make what a relay needs its readiness."""
    register_probe("broker", probe_broker)
    register_probe("outbox", probe_outboxes)
