"""What becomes of tasks, queue by queue: from the outboxes and the ledger, by their indexes alone.

However many rows there are, a look reads few: what is open is counted in an index, and so is what
was done in each step of the time shown; how long that took is known from a sample.
"""

import datetime
import statistics
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from django.db.models import Count, F, Min

from eaglet.tasks.database import DATABASE_FAULTS, has_table, utc_now, with_zone
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.models.outbox import outbox_aliases
from eaglet.tasks.models.process import processes

SPANS: Final = {"hour": (3600, 30), "day": (24 * 3600, 24)}
"""The times shown: seconds, and steps."""
_SAMPLE: Final = 100
_MOST_COUNTED: Final = 2_000
_ONE_OF: Final = (1, 3, 7, 13, 29, 59, 127, 251, 499, 997)
"""Primes: what comes in turn in a sender's code does not come in the sample in turn."""
_MOST_FAILURES: Final = 10_000

_SENT, _TAKEN = OutboxTask.State, ReceivedTask.State
_OPEN: Final = {
    _TAKEN.STARTED: "running",
    _TAKEN.RETRYING: "retrying",
    _TAKEN.WAITING: "waiting",
    _TAKEN.REPLAYED: "waiting",
    _TAKEN.PARKED: "parked",
}


def overview(span: str) -> dict[str, Any]:
    """Return what the page of tasks shows of the last `hour` or `day`.

    Of each queue: how many tasks wait (here, not at the broker), run, are to be tried again and are
    parked (by the sender: `refused`); the seconds that the oldest has waited or run for; and for
    each step how many were done and parked, and the median of the seconds that they ran.
    """
    seconds, steps = SPANS[span]
    queues: dict[str, dict[str, Any]] = defaultdict(
        lambda: {
            **dict.fromkeys(("waiting", "running", "retrying", "parked", "refused"), 0),
            "oldest": 0,
            "done": [0] * steps,
            "failed": [0] * steps,
            "runtime": [None] * steps,
        }
    )
    now = utc_now()
    for name, kind, count, since in _open():
        queue = queues[name]
        queue[kind] += count
        if kind in ("waiting", "running", "retrying"):
            queue["oldest"] = max(queue["oldest"], int((now - with_zone(since)).total_seconds()))
    step = datetime.timedelta(seconds=seconds / steps)
    one_of = 1
    for number in range(steps):
        since = now - step * (steps - number)
        ended = list(_done(since, since + step, one_of))
        for name, count, runtime in ended:
            queues[name]["done"][number] = count
            queues[name]["runtime"][number] = runtime
        # Of the next step as many are taken into account, if it is like this one.
        wanted = sum(count for _, count, _ in ended) / _MOST_COUNTED
        one_of = next((prime for prime in _ONE_OF if prime >= wanted), _ONE_OF[-1])
    parked = ReceivedTask.objects.using(ledger_alias()).parked().order_by("-due_at")
    failed = parked.filter(due_at__gte=now - step * steps)
    for name, at in failed.values_list("queue_name", "due_at")[:_MOST_FAILURES]:
        number = steps - 1 - int((now - with_zone(at)) / step)
        queues[name]["failed"][max(0, number)] += 1
    shown = [{"name": name, **queues[name]} for name in sorted(queues)]
    return {
        "seconds": seconds,
        "queues": shown,
        "processes": processes({*_outboxes(), ledger_alias()}),
    }


def _outboxes() -> list[str]:
    found = []
    for alias in outbox_aliases():
        with suppress(*DATABASE_FAULTS):  # what the others know is shown
            found += [alias] if has_table(alias, OutboxTask) else []
    return found


def _open() -> Iterator[tuple[str, str, int, datetime.datetime]]:
    found = (Count("pk"), Min("due_at"))
    for alias in _outboxes():
        rows = OutboxTask.objects.using(alias).order_by()
        states = (*OutboxTask.WAITING, _SENT.PARKED)
        of_queues = rows.filter(state__in=states).values_list("state", "queue_name")
        for state, name, count, since in of_queues.annotate(*found):
            yield name, "refused" if state == _SENT.PARKED else "waiting", count, since
    ledger = ReceivedTask.objects.using(ledger_alias()).order_by().filter(state__in=_OPEN)
    for state, name, count, since in ledger.values_list("state", "queue_name").annotate(*found):
        yield name, _OPEN[_TAKEN(state)], count, since


def _done(
    since: datetime.datetime, until: datetime.datetime, one_of: int
) -> Iterator[tuple[str, int, float | None]]:
    """Give each queue's number of what was done, and the median runtime of some of it.

    One row of `one_of` is counted, for all of those.
    """
    rows = ReceivedTask.objects.using(ledger_alias()).order_by()
    done = rows.filter(state=_TAKEN.DONE, due_at__gte=since, due_at__lt=until)
    runtimes = defaultdict(list)
    ended = done.filter(started_at__isnull=False, ended_at__isnull=False).order_by("due_at")
    for row in ended.only("queue_name", "started_at", "ended_at")[:_SAMPLE]:
        runtimes[row.queue_name].append(row.runtime() or 0.0)
    counted = done.annotate(part=F("pk") % one_of).filter(part=0) if one_of > 1 else done
    for name, count in counted.values_list("queue_name").annotate(Count("pk")):
        ran = runtimes[name]
        yield name, count * one_of, round(statistics.median(ran), 3) if ran else None
