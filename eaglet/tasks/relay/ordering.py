"""Claim tasks with an order key: of each key one relay at a time publishes, from the front.

The front of a key is its task with the lowest number that waits. Whoever has claimed that may
claim those behind it; nobody else can, as long as the claim holds. A task that is parked stops
its key, and one that is not due yet holds up those behind it.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from itertools import groupby, takewhile
from typing import Final

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from eaglet.tasks.models import OutboxTask, OutboxTaskQuerySet

PAGE_SIZE: Final = 200
PAGES_AT_ONCE: Final = 20
_Waiting = tuple[int, str, datetime.datetime]
_PARKED, _IN_ORDER = OutboxTask.State.PARKED, OutboxTask.State.IN_ORDER


class OrderedClaims:
    """Claim the tasks with an order key of one outbox for a relay."""

    def __init__(self, outbox: OutboxTaskQuerySet, owner: str) -> None:
        self._outbox = outbox
        self._owner = owner
        # Where to go on, so that no key waits for ever behind those before it.
        self._after = ""

    def claim(self, until: datetime.datetime, limit: int) -> list[list[int]]:
        """Claim up to about `limit` tasks; their keys in order, a list for each order key."""
        claimed: list[list[int]] = []
        from_the_start = not self._after
        for _ in range(PAGES_AT_ONCE):
            page = self._page()
            claimed += self._claim_from(page, until)
            # A key of which the page holds only the front is left behind: its depth costs
            # nothing.
            self._after = page[-1][1] if len(page) == PAGE_SIZE else ""
            if sum(map(len, claimed)) >= limit:
                break
            if not self._after:
                if claimed or from_the_start:
                    break
                from_the_start = True
        return claimed

    def _page(self) -> list[_Waiting]:
        waiting = self._outbox.filter(state=_IN_ORDER, order_key__gt=self._after)
        rows = waiting.order_by("order_key", "pk").values_list("pk", "order_key", "due_at")
        return list(rows[:PAGE_SIZE])

    def _claim_from(self, page: Sequence[_Waiting], until: datetime.datetime) -> list[list[int]]:
        now = timezone.now()
        due = Q(due_at__lte=now)
        runs: dict[int, list[int]] = {}
        for _, rows in groupby(page, key=lambda row: row[1]):
            run = [pk for pk, _, due_at in takewhile(lambda row: row[2] <= now, rows)]
            if run:
                runs[run[0]] = run
        fronts = self._really_in_front(list(runs))
        if not fronts:
            return []
        mine = self._outbox.claim_these(fronts, self._owner, until, due)
        # What was read may have changed before the claim; nobody else can change it after.
        kept = self._really_in_front(mine)
        self._outbox.release([key for key in mine if key not in kept], self._owner, now)
        behind = [key for front in kept for key in runs[front][1:]]
        held = {*kept, *self._outbox.claim_these(behind, self._owner, until, due)}
        claimed = [list(takewhile(held.__contains__, runs[front])) for front in kept]
        # One in between was not to be had: those behind it are not to be kept from others.
        useless = held.difference(*claimed)
        self._outbox.release(sorted(useless), self._owner, now)
        return claimed

    def _really_in_front(self, keys: Sequence[int]) -> list[int]:
        # They wait, with no other of their order key before them, and none parked.
        if not keys:
            return []
        of_the_key = self._outbox.filter(order_key=OuterRef("order_key"))
        before = of_the_key.filter(state=_IN_ORDER, pk__lt=OuterRef("pk"))
        parked = of_the_key.filter(state=_PARKED)
        fronts = self._outbox.filter(~Exists(before), ~Exists(parked), pk__in=keys, state=_IN_ORDER)
        return list(fronts.order_by("pk").values_list("pk", flat=True))


def in_waves(runs: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return what may go together: of each run the first, then of each the second, and so on."""
    longest = max(map(len, runs), default=0)
    return [[run[i] for run in runs if i < len(run)] for i in range(longest)]
