"""Count for Prometheus what becomes of tasks."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

from eaglet.observability import metrics
from eaglet.tasks.database import DATABASE_FAULTS, utc_now, with_zone
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.models.outbox import migrated_outboxes

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

_UNHEARD = Counter(
    "eaglet_events_without_subscriber",
    "Events that were published when no queue was bound for them.",
    ("event",),
)


def _gauge(name: str, documentation: str) -> Gauge:
    return Gauge(name, documentation, ("database",), multiprocess_mode="mostrecent")


_WAITING = _gauge(
    "eaglet_outbox_waiting",
    "Tasks that wait to be published, those for later too; 100,000 at most are counted.",
)
_PARKED = _gauge("eaglet_outbox_parked", "Tasks that are parked.")
_OLDEST = _gauge(
    "eaglet_outbox_oldest_due_seconds", "For how long the task that is longest due has been."
)
_RECEIVED_PARKED = _gauge(
    "eaglet_received_parked", "Received tasks that are parked; 100,000 at most are counted."
)


def count(by: By, outcome: Outcome, how_many: int = 1) -> None:
    """Count what became of tasks."""
    if how_many:
        _TASKS.labels(by, outcome).inc(how_many)


def count_unheard(event: str) -> None:
    """Count an event that nobody subscribes to."""
    _UNHEARD.labels(event).inc()


def count_sent(by: By, tasks: Sequence[OutboxTask]) -> None:
    """Count tasks that the broker has just confirmed, and how long that took."""
    count(by, "sent", len(tasks))
    now = utc_now()
    seconds = _SECONDS.labels(by)
    for task in tasks:
        seconds.observe((now - with_zone(task.not_before or task.written_at)).total_seconds())


def _look() -> None:
    for alias in migrated_outboxes():
        outbox = OutboxTask.objects.using(alias)
        now = utc_now()
        oldest = [
            outbox.filter(state=state, due_at__lte=now).order_by("due_at").first()
            for state in OutboxTask.WAITING
        ]
        _WAITING.labels(alias).set(outbox.waiting().order_by()[:MOST_COUNTED].count())
        _PARKED.labels(alias).set(outbox.parked().order_by()[:MOST_COUNTED].count())
        _OLDEST.labels(alias).set(
            max([0.0, *((now - with_zone(task.due_at)).total_seconds() for task in oldest if task)])
        )
    alias = ledger_alias()
    # Readiness tells of one that is away, and a service that is not migrated has none.
    with suppress(*DATABASE_FAULTS):
        parked = ReceivedTask.objects.using(alias).parked().order_by()[:MOST_COUNTED].count()
        _RECEIVED_PARKED.labels(alias).set(parked)


metrics.before_collecting(_look)
