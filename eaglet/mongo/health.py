"""Readiness probes: whether each MongoDB server answers."""

from functools import partial
from typing import Final

from django.db import connections

from eaglet.conf import conf
from eaglet.health import register_probe
from eaglet.mongo.databases import ENGINE
from eaglet.mongo.router import mongo_aliases

MARGIN_SECONDS: Final = 0.5
"""How much longer the probe may take than looking for the server, so that its error is told."""


def register_probes() -> None:
    """Register a probe of each entry of this app's engine, under the name a database has there."""
    for alias in mongo_aliases():
        if connections.settings[alias]["ENGINE"] == ENGINE:
            timeout = conf.EAGLET_MONGO_TIMEOUT_SECONDS + MARGIN_SECONDS
            register_probe(f"database {alias}", partial(_ping, alias), timeout)


def _ping(alias: str) -> None:
    # A probe's thread has its own wrapper over the process's one client.
    connections[alias].ping()  # type: ignore[attr-defined]
