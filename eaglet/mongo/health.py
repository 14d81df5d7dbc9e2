"""What readiness asks: whether each MongoDB server answers."""

from __future__ import annotations

from typing import Final

from django.db import connections

from eaglet.conf import conf
from eaglet.health import register_probe
from eaglet.mongo.databases import ENGINE
from eaglet.mongo.router import mongo_aliases

MARGIN_SECONDS: Final = 0.5
"""For the probe to say itself that the server is away, before it is said for it."""


def register_probes() -> None:
    """Register a probe of each entry of this app's engine, under the name a database has there."""
    for alias in mongo_aliases():
        if connections.settings[alias]["ENGINE"] == ENGINE:
            timeout = conf.EAGLET_MONGO_TIMEOUT_SECONDS + MARGIN_SECONDS
            register_probe(f"database {alias}", _probe(alias), timeout)


class _probe:
    """Pings one database; a thread of its own makes a wrapper of its own, over the one client."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def __call__(self) -> None:
        connections[self.alias].ping()  # type: ignore[attr-defined]
