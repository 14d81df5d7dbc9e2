"""The registry of readiness probes, which each app fills.

A probe is a function without arguments that returns nothing, and raises if what it probes fails.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from django.core.cache import caches
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from eaglet.conf import conf
from eaglet.observability.redaction import redact_text

logger = logging.getLogger("eaglet.health")

Probe = Callable[[], None]


_probes: dict[str, tuple[Probe, float | None]] = {}
_running: dict[Probe, Future[None]] = {}
_starting = threading.Lock()


def _clear_running() -> None:
    global _starting  # noqa: PLW0603 - another thread may have held it
    _running.clear()
    _starting = threading.Lock()


# The threads are not there in a child.
os.register_at_fork(after_in_child=_clear_running)


def register_probe(name: str, probe: Probe, timeout_seconds: float | None = None) -> None:
    """Register a probe, or replace the one of that name.

    It may take `timeout_seconds`; None means EAGLET_READY_TIMEOUT_SECONDS.
    """
    _probes[name] = (probe, timeout_seconds)


def unapplied_migrations(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the migrations that this code has and a database has not."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _backwards in plan]


def readiness() -> dict[str, Any]:
    """Run every probe, each on its own thread within its own timeout.

    Return what `/readyz` answers: `status`, which is "ok" or "unavailable", and `checks`, "ok" or
    "failed" by name. The cause is for the log alone.

    A probe that is still running, or hangs from the last time, is waited for and not started
    again: there is never more than one thread for each.
    """
    began = time.monotonic()
    longest = conf.EAGLET_READY_TIMEOUT_SECONDS
    started = [
        (name, longest if timeout is None else timeout, _start(name, probe))
        for name, (probe, timeout) in sorted(_probes.items())
    ]
    checks = {name: _result(name, timeout, future, began) for name, timeout, future in started}
    return {"status": "unavailable" if "failed" in checks.values() else "ok", "checks": checks}


def _start(name: str, probe: Probe) -> Future[None]:
    with _starting:
        running = _running.get(probe)
        if running is not None and not running.done():
            return running
        future: Future[None] = Future()
        _running[probe] = future

    def run() -> None:
        try:
            try:
                probe()
            finally:  # this thread's own, which ends now
                caches.close_all()
                connections.close_all()
        except BaseException as error:  # noqa: BLE001 - handed to the waiting thread
            future.set_exception(error)
        else:
            future.set_result(None)
        finally:
            if _running.get(probe) is future:
                del _running[probe]

    # A daemon: a probe that hangs must not keep the process from ending.
    threading.Thread(target=run, name=f"eaglet-probe-{name}", daemon=True).start()
    return future


def _result(name: str, timeout: float, future: Future[None], began: float) -> str:
    if not wait([future], max(0.0, began + timeout - time.monotonic())).done:
        error = f"no result within {timeout} s"
    elif (exception := future.exception()) is not None:
        error = redact_text(f"{type(exception).__name__}: {exception}")
    else:
        return "ok"
    logger.warning("probe %s failed: %s", name, error)
    return "failed"
