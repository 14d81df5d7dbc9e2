"""What of the outbox is counted for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from django.utils import timezone
from prometheus_client import Counter, Gauge, Histogram

from eaglet.observability import metrics
from eaglet.tasks.database import DATABASE_FAULTS
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.outboxes import is_migrated, outbox_aliases

MOST_COUNTED: Final = 100_000
"""Rows that are counted at most, so that a scrape stays cheap."""

By = Literal["sender", "relay"]
Outcome = Literal["sent", "refused", "parked", "left"]

_TASKS = Counter(
    "eaglet_outbox_tasks",
    "Tasks that were published, or not, by the process that sent them or by a relay.",
    ("by", "outcome"),
)
_SECONDS = Histogram(
    "eaglet_outbox_seconds",
    "From when a task was written, or due, until the broker had it.",
    ("by",),
    buckets=metrics.SECONDS,
)
_WAITING = Gauge(
    "eaglet_outbox_waiting",
    "Tasks that wait to be published, those for later too; 100,000 at most are counted.",
    ("database",),
    multiprocess_mode="mostrecent",
)
_PARKED = Gauge(
    "eaglet_outbox_parked", "Tasks that are parked.", ("database",), multiprocess_mode="mostrecent"
)
_OLDEST = Gauge(
    "eaglet_outbox_oldest_due_seconds",
    "For how long the task that is longest due has been.",
    ("database",),
    multiprocess_mode="mostrecent",
)


def count(by: By, outcome: Outcome, how_many: int = 1) -> None:
    """Count what became of tasks."""
    if how_many:
        _TASKS.labels(by, outcome).inc(how_many)


def count_sent(by: By, tasks: Sequence[OutboxTask]) -> None:
    """Count tasks that the broker has just confirmed, and how long that took."""
    count(by, "sent", len(tasks))
    now = timezone.now()
    seconds = _SECONDS.labels(by)
    for task in tasks:
        seconds.observe((now - (task.not_before or task.written_at)).total_seconds())


def _look() -> None:
    for alias in outbox_aliases():
        if not is_migrated(alias):
            continue
        outbox = OutboxTask.objects.using(alias)
        now = timezone.now()
        waiting, parked = outbox.waiting(), outbox.parked()
        oldest = [
            waiting.filter(state=state, due_at__lte=now).order_by("due_at").first()
            for state in OutboxTask.WAITING
        ]
        _WAITING.labels(alias).set(waiting.order_by()[:MOST_COUNTED].count())
        _PARKED.labels(alias).set(parked.order_by()[:MOST_COUNTED].count())
        _OLDEST.labels(alias).set(
            max([0.0, *((now - task.due_at).total_seconds() for task in oldest if task)])
        )


metrics.before_collecting(_look)


_RECEIVED_PARKED = Gauge(
    "eaglet_received_parked",
    "Received tasks that are parked; 100,000 at most are counted.",
    ("database",),
    multiprocess_mode="mostrecent",
)


def _look_at_ledger() -> None:
    alias = ledger_alias()
    try:
        parked = ReceivedTask.objects.using(alias).parked().order_by()[:MOST_COUNTED].count()
    except DATABASE_FAULTS:
        return  # readiness tells of it, and a service that is not migrated has none
    _RECEIVED_PARKED.labels(alias).set(parked)


metrics.before_collecting(_look_at_ledger)
