"""Counters, gauges and histograms: Prometheus's where `eaglet[metrics]` is installed, else nothing.

Declare each once, in the module that counts, under a name that begins with `eaglet_`:

    _CALLS = metrics.counter("eaglet_client_calls", "Calls made.", ("service", "outcome"))
    …
    _CALLS.labels("card", "answered").inc()

Without prometheus_client every metric does nothing; where even finding the labels out would cost,
ask `metrics.ENABLED` first. Label values must be few: names from the project's own code and
settings, never what a caller sends.

The metrics stand in prometheus_client's own registry, beside a project's. With several processes
behind one address set PROMETHEUS_MULTIPROC_DIR, as prometheus_client documents; a gauge then says
how those of the processes make one.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Final, Literal, Protocol

ENABLED: Final = find_spec("prometheus_client") is not None
"""Whether anything is counted."""

if ENABLED:
    import prometheus_client
    from prometheus_client import multiprocess

logger = logging.getLogger("eaglet.metrics")

SECONDS: Final = (
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
    5.0,
    10.0,
    30.0,
)
"""Buckets for how long a call takes."""

GaugeMode = Literal["sum", "livesum", "max", "livemax", "min", "livemin", "mostrecent"]


class Counter(Protocol):
    """What only ever grows."""

    def labels(self, *values: str) -> Counter:
        """The counter of those label values, in the order declared."""

    def inc(self, amount: float = 1) -> None:
        """Add to it."""


class Gauge(Protocol):
    """What goes up and down."""

    def labels(self, *values: str) -> Gauge:
        """The gauge of those label values, in the order declared."""

    def set(self, value: float) -> None:
        """Say what it is now."""

    def inc(self, amount: float = 1) -> None:
        """Add to it; not in the mode "mostrecent"."""

    def dec(self, amount: float = 1) -> None:
        """Take from it."""


class Histogram(Protocol):
    """How often what was seen was how large; its count is that of all seen."""

    def labels(self, *values: str) -> Histogram:
        """The histogram of those label values, in the order declared."""

    def observe(self, amount: float) -> None:
        """Count one."""


class _Nothing:
    """Each kind of metric, where prometheus_client is not installed."""

    def labels(self, *values: str) -> Any:
        return self

    def inc(self, amount: float = 1) -> None: ...

    def dec(self, amount: float = 1) -> None: ...

    def set(self, value: float) -> None: ...

    def observe(self, amount: float) -> None: ...


_NOTHING: Final = _Nothing()
_before_collecting: list[Callable[[], None]] = []


def counter(name: str, doc: str, labels: Sequence[str] = ()) -> Counter:
    """Declare a counter; Prometheus adds `_total` to its name."""
    if not ENABLED:
        return _NOTHING
    return prometheus_client.Counter(_checked(name), doc, labels)


def gauge(name: str, doc: str, labels: Sequence[str] = (), *, mode: GaugeMode = "livesum") -> Gauge:
    """Declare a gauge.

    `mode`: what the gauges of several processes make together; "mostrecent" for what any of
    them can find out, such as the rows of a table.
    """
    if not ENABLED:
        return _NOTHING
    return prometheus_client.Gauge(_checked(name), doc, labels, multiprocess_mode=mode)


def histogram(
    name: str, doc: str, labels: Sequence[str] = (), *, buckets: Sequence[float] = SECONDS
) -> Histogram:
    """Declare a histogram; the name ends in its unit, `_seconds` or `_bytes`."""
    if not ENABLED:
        return _NOTHING
    return prometheus_client.Histogram(_checked(name), doc, labels, buckets=buckets)


def before_collecting(function: Callable[[], None]) -> None:
    """Call a function whenever the metrics are about to be read: one that sets gauges, say.

    What it raises is logged, and keeps no other metric from being read.
    """
    if ENABLED and function not in _before_collecting:
        _before_collecting.append(function)


def exposition() -> tuple[bytes, str]:
    """Every metric in Prometheus's text format, and its media type; LookupError if not ENABLED.

    With PROMETHEUS_MULTIPROC_DIR in the environment, those of all processes together.
    """
    if not ENABLED:
        raise LookupError("metrics need prometheus_client: pip install 'eaglet[metrics]'")
    for function in _before_collecting:
        try:
            function()
        except Exception:
            logger.exception("%r failed", function)
    registry = prometheus_client.REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = prometheus_client.CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    text = prometheus_client.generate_latest(registry)
    return text, prometheus_client.CONTENT_TYPE_PLAIN_0_0_4


def _checked(name: str) -> str:
    if not name.startswith("eaglet_"):
        raise ValueError(f"the name of a metric of eaglet's begins with eaglet_: {name!r}")
    return name
