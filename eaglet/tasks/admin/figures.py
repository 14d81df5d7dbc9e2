"""What becomes of tasks, queue by queue: from the outboxes and the ledger, by their indexes alone.

However many rows there are, a look reads few: what is open is counted in an index, and what was
done is estimated from a part that the same index has; how long that took from a part of that.
"""

import datetime
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from statistics import median
from typing import Any, Final

from django.db.models import Count, F, Min

from eaglet.tasks.database import DATABASE_FAULTS, has_table, in_batches, utc_now, with_zone
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.models.outbox import outbox_aliases
from eaglet.tasks.models.process import processes

SPANS: Final = {"hour": (3600, 30), "day": (24 * 3600, 24)}
"""The times shown: seconds, and steps."""
_MOST_READ: Final = 4_000
_MOST_TIMED: Final = 1_000
_ONE_OF: Final = (1, 3, 7, 13, 29, 59, 127, 251)
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
            "runtime": [[] for _ in range(steps)],
        }
    )
    now = utc_now()
    for name, kind, count, since in _open():
        queue = queues[name]
        queue[kind] += count
        if kind in ("waiting", "running", "retrying"):
            queue["oldest"] = max(queue["oldest"], int((now - with_zone(since)).total_seconds()))
    begin, step = now - datetime.timedelta(seconds=seconds), seconds / steps

    def step_of(at: datetime.datetime) -> int:
        return min(steps - 1, int((with_zone(at) - begin).total_seconds() / step))

    for name, at, runtime, count in _done(begin):
        queues[name]["done"][step_of(at)] += count
        queues[name]["runtime"][step_of(at)] += [runtime] if runtime is not None else []
    parked = ReceivedTask.objects.using(ledger_alias()).parked().order_by("-due_at")
    failed = parked.filter(due_at__gte=begin).values_list("queue_name", "due_at")
    for name, at in failed[:_MOST_FAILURES]:
        queues[name]["failed"][step_of(at)] += 1
    for queue in queues.values():
        queue["runtime"] = [round(median(ran), 3) if ran else None for ran in queue["runtime"]]
    return {
        "seconds": seconds,
        "queues": [{"name": name, **queues[name]} for name in sorted(queues)],
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
    since: datetime.datetime,
) -> Iterator[tuple[str, datetime.datetime, float | None, int]]:
    """Give queue, end and runtime of what was done since then, and how many it stands for."""
    tasks = ReceivedTask.objects.using(ledger_alias())

    def part(one_of: int) -> list[tuple[int, str, datetime.datetime]]:
        done = tasks.filter(state=_TAKEN.DONE, due_at__gte=since)
        some = done.alias(part=F("pk") % one_of).filter(part=0)
        return [*some.values_list("pk", "queue_name", "due_at")]

    one_of = _ONE_OF[-1]
    found = part(one_of)
    if len(found) < _MOST_READ // 2:
        one_of = next(prime for prime in _ONE_OF if prime * _MOST_READ >= len(found) * one_of)
        found = part(one_of)
    runtimes = {}
    for keys in in_batches([key for key, *_ in found[:: 1 + len(found) // _MOST_TIMED]]):
        for task in tasks.filter(pk__in=keys).only("state", "started_at", "ended_at"):
            runtimes[task.pk] = task.runtime()
    for key, name, at in found:
        yield name, at, runtimes.get(key), one_of
