"""What Prometheus is told: metrics of prometheus_client, read together on request.

Each metric is declared where it is counted, under a name that begins with `eaglet_`, in
prometheus_client's own registry, where a project's own metrics stand too. Label values must be
few: names from the project's own code and settings, never what a caller sends.

With several processes behind one address set PROMETHEUS_MULTIPROC_DIR, as prometheus_client
documents; a gauge's `multiprocess_mode` says how those of the processes make one.
"""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

import prometheus_client
from prometheus_client import multiprocess

from eaglet.conf.naming import service_name

logger = logging.getLogger("eaglet.metrics")

SECONDS: Final = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0),
)
"""Buckets for how long a call takes."""

_SERVICE: Final = prometheus_client.Gauge(
    "eaglet_service_info", "What the service is called.", ("service",),
    multiprocess_mode="mostrecent",
)  # fmt: skip

_before_collecting: list[Callable[[], None]] = []


def before_collecting(function: Callable[[], None]) -> None:
    """Call a function whenever the metrics are about to be read: one that sets gauges, say.

    What it raises is logged, and keeps no other metric from being read.
    """
    if function not in _before_collecting:
        _before_collecting.append(function)


def exposition() -> tuple[bytes, str]:
    """Return every metric in Prometheus's text format, and its media type.

    With PROMETHEUS_MULTIPROC_DIR in the environment, those of all processes together.
    """
    for function in _before_collecting:
        try:
            function()
        except Exception:
            logger.exception("%r failed", function)
    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        _forget_the_dead(os.environ["PROMETHEUS_MULTIPROC_DIR"])
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text = prometheus_client.generate_latest(registry)
    return text, prometheus_client.CONTENT_TYPE_PLAIN_0_0_4


before_collecting(lambda: _SERVICE.labels(service_name()).set(1))


def _forget_the_dead(folder: str) -> None:
    # Not every server tells that one of its processes has died, whose gauges are of the living.
    for pid in {file.stem.rpartition("_")[2] for file in Path(folder).glob("gauge_live*.db")}:
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(int(pid), folder)  # type: ignore[no-untyped-call]
        except PermissionError:
            continue
