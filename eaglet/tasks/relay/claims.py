"""Claim tasks of an outbox for a relay, in shares: of each queue, and of each order key, some.

A batch has a part of every queue and of every order key that waits, or of the next so many in
turn: a million tasks of one delay another by a batch.

Tasks of one order key are claimed from its front, the one with the lowest number that waits. While
that claim holds nobody else publishes one of the key. A task that is parked stops its key, and one
that is not due yet holds up those behind it.
"""

import datetime
from collections.abc import Sequence
from itertools import groupby, takewhile, zip_longest
from typing import Final

from django.db import connections
from django.db.models import Exists, OuterRef, Q

from eaglet.tasks.database import utc_now, with_zone
from eaglet.tasks.models import OutboxTask, OutboxTaskQuerySet

AT_ONCE: Final = 100
"""Tasks on their way to the broker together, which may be repeated when a relay dies."""

QUEUES_AT_ONCE: Final = 20
KEYS_AT_ONCE: Final = AT_ONCE  # of each of which one goes at a time
_PARKED, _IN_ORDER, _PENDING = (
    OutboxTask.State[name].value for name in ("PARKED", "IN_ORDER", "PENDING")
)

# Jumps from one value to the next in an index on (state, column): it costs as much for a million
# rows of a value as for one.
_NEXT_VALUES: Final = """
WITH RECURSIVE share (name, number) AS (
    SELECT MIN({column}), 1 FROM {table} WHERE state = %s AND {column} > %s
    UNION ALL
    SELECT (SELECT MIN({column}) FROM {table} WHERE state = %s AND {column} > share.name),
        number + 1
    FROM share WHERE name IS NOT NULL AND number < %s
) SELECT name FROM share WHERE name IS NOT NULL
"""
# The first so many of each of these order keys, but of those that a parked one stops.
_FIRST_OF_KEYS: Final = """
SELECT task.* FROM ({keys}) share JOIN {table} task
ON task.state = %s AND task.order_key = share.name AND task.id <= COALESCE((
    SELECT id FROM {table} WHERE state = %s AND order_key = share.name
    ORDER BY id LIMIT 1 OFFSET {offset}
), 9223372036854775807)
WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE state = %s AND order_key = share.name)
ORDER BY task.order_key, task.id
"""


class _Turns:
    """Give the values of a column that tasks in a state have, so many at a time, all in turn."""

    def __init__(self, outbox: OutboxTaskQuerySet, column: str, state: int, at_once: int) -> None:
        self._alias = outbox.db
        quote = connections[self._alias].ops.quote_name
        table = quote(OutboxTask._meta.db_table)
        self._sql = _NEXT_VALUES.format(column=quote(column), table=table)
        self._state = state
        self._at_once = at_once
        self._after = ""

    def next(self) -> list[str]:
        values = self._values_after(self._after)
        if not values and self._after:
            values = self._values_after("")
        self._after = values[-1] if len(values) == self._at_once else ""
        return values

    def _values_after(self, after: str) -> list[str]:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(self._sql, [self._state, after, self._state, self._at_once])
            return [value for (value,) in cursor.fetchall()]


class Claims:
    """Claim tasks of one outbox."""

    def __init__(self, outbox: OutboxTaskQuerySet, owner: str) -> None:
        self._outbox = outbox
        self._owner = owner
        self._queues = _Turns(outbox, "queue_name", _PENDING, QUEUES_AT_ONCE)
        self._keys = _Turns(outbox, "order_key", _IN_ORDER, KEYS_AT_ONCE)
        self._had: dict[str, int] = {}

    def claim(self, until: datetime.datetime, limit: int) -> list[list[OutboxTask]]:
        """Claim up to `limit` tasks without an order key; return what may be published together."""
        # Those that had little leave the rest of their shares to those after them.
        queues = sorted(self._queues.next(), key=lambda name: self._had.get(name, 0))
        by_queue = self._outbox.claim(self._owner, until, queues, limit) if queues else []
        self._had = {name: len(tasks) for name, tasks in zip(queues, by_queue, strict=False)}
        tasks = [task for wave in in_waves(by_queue) for task in wave]
        return [tasks[start : start + AT_ONCE] for start in range(0, len(tasks), AT_ONCE)]

    def claim_in_order(self, until: datetime.datetime, limit: int) -> list[list[OutboxTask]]:
        """Claim up to about `limit` tasks with one; return what may be published together.

        That is the first of each order key, when these have gone the second of each, and so on.
        """
        keys = self._keys.next()
        if not keys:
            return []
        now = utc_now()
        candidates = self._first_of(keys, -(-limit // len(keys)))
        runs = [
            [task.pk for task in takewhile(lambda task: with_zone(task.due_at) <= now, tasks)]
            for _, tasks in groupby(candidates, key=lambda task: task.order_key)
        ]
        wanted = [key for run in runs for key in run]
        held = self._outbox.claim_these(wanted, self._owner, until, Q(due_at__lte=now))
        mine = {task.pk: task for task in held}
        # What was read may have changed before the claim; nobody else can change it after.
        fronts = self._in_front([run[0] for run in runs if run and run[0] in mine])
        claimed = [
            list(takewhile(mine.__contains__, run)) for run in runs if run and run[0] in fronts
        ]
        # Those behind one that was not to be had are not to be kept from others.
        useless = set(mine).difference(*claimed)
        self._outbox.release(sorted(useless), self._owner, now)
        return in_waves([[mine[key] for key in run] for run in claimed])

    def _first_of(self, keys: Sequence[str], how_many: int) -> list[OutboxTask]:
        sql = _FIRST_OF_KEYS.format(
            keys=" UNION ALL ".join(["SELECT %s AS name", *["SELECT %s"] * (len(keys) - 1)]),
            table=connections[self._outbox.db].ops.quote_name(OutboxTask._meta.db_table),
            offset=min(how_many, AT_ONCE) - 1,
        )
        values = [*keys, _IN_ORDER, _IN_ORDER, _PARKED]
        return list(self._outbox.raw(sql, values, using=self._outbox.db))

    def _in_front(self, keys: Sequence[int]) -> set[int]:
        # They wait, with no other of their order key before them, and none parked.
        of_the_key = self._outbox.filter(order_key=OuterRef("order_key"))
        before = of_the_key.filter(state=_IN_ORDER, pk__lt=OuterRef("pk"))
        parked = of_the_key.filter(state=_PARKED)
        fronts = self._outbox.filter(~Exists(before), ~Exists(parked), pk__in=keys, state=_IN_ORDER)
        return set(fronts.values_list("pk", flat=True)) if keys else set()


def in_waves(runs: Sequence[Sequence[OutboxTask]]) -> list[list[OutboxTask]]:
    """Return of each run the first, then of each the second, and so on."""
    return [[task for task in wave if task is not None] for wave in zip_longest(*runs)]
