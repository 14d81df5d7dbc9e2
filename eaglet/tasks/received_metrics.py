"""What of the ledger is counted for Prometheus."""

from __future__ import annotations

from typing import Final

from eaglet import metrics
from eaglet.tasks.database_faults import DATABASE_FAULTS
from eaglet.tasks.received import ReceivedTask, ledger_alias

MOST_COUNTED: Final = 100_000
"""Rows that are counted at most, so that a scrape stays cheap."""

_PARKED = metrics.gauge(
    "eaglet_received_parked",
    "Received tasks that are parked; 100,000 at most are counted.",
    ("database",),
    mode="mostrecent",
)


def _look() -> None:
    alias = ledger_alias()
    try:
        parked = ReceivedTask.objects.using(alias).parked().order_by()[:MOST_COUNTED].count()
    except DATABASE_FAULTS:
        return  # readiness tells of it, and a service that is not migrated has none
    _PARKED.labels(alias).set(parked)


metrics.before_collecting(_look)
