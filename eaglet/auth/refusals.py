"""Count the calls of each app that were refused, and why.

Counted in the process and written at the end of a request, at most once a minute; what a process
that is killed had not written yet is lost. The log has every refusal. Bad tokens and wrong
secrets write nothing, whoever sends them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from django.core.signals import request_finished
from django.db import connections, models, router, transaction
from django.utils import timezone

from eaglet.auth.models import App, Reason, RefusedCalls
from eaglet.auth.models.refused_calls import GRANT_LENGTH

logger = logging.getLogger("eaglet.auth")

WRITE_EVERY_SECONDS: Final = 60
"""How often a process writes down what it has counted, at most."""


class _Refusal(NamedTuple):
    app_id: int
    reason: str
    grant: str


class RefusalCounter:
    """Counts refused calls; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[_Refusal] = Counter()
        self._due_at = 0.0  # by the monotonic clock

    def note(self, app_id: int, reason: Reason, grant: str = "") -> None:
        """Count one refused call; it is written down later, outside the call's transaction."""
        with self._lock:
            self._counts[_Refusal(app_id, reason.value, grant[:GRANT_LENGTH])] += 1
            # Only while there is something to write, so that other requests pay nothing.
            request_finished.connect(self._when_finished, dispatch_uid=__name__)

    def clear(self) -> None:
        """Drop what is not written yet, and write the next at once."""
        self._take()
        self._due_at = 0.0

    def write(self) -> None:
        """Write down what was counted; a database that can't take it is logged, not raised."""
        counts = self._take()
        if not counts:
            return
        self._due_at = time.monotonic() + WRITE_EVERY_SECONDS
        using = router.db_for_write(RefusedCalls)
        try:
            with transaction.atomic(using=using):
                _add(counts, using)
        except Exception:
            logger.warning("%d refused calls were not counted", counts.total(), exc_info=True)
        # As Django does for the others when a request ends; its receiver may have run before.
        connection = connections[using]
        # A request that ends inside of a transaction is a test's, and so is the connection.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()

    def _take(self) -> Counter[_Refusal]:
        with self._lock:
            counts, self._counts = self._counts, Counter()
            request_finished.disconnect(dispatch_uid=__name__)
            return counts

    def _when_finished(self, **kwargs: Any) -> None:
        if time.monotonic() >= self._due_at:
            self.write()


def _add(counts: Counter[_Refusal], using: str) -> None:
    now = timezone.now()
    wanted = {refusal.app_id for refusal in counts}
    there = set(App.objects.using(using).filter(pk__in=wanted).values_list("pk", flat=True))
    rows = RefusedCalls.objects.using(using)
    # In one order in every process, so that no two wait for each other.
    for refusal, count in sorted(counts.items()):
        if refusal.app_id not in there:
            continue
        row, created = rows.get_or_create(
            **refusal._asdict(), defaults={"count": count, "first_at": now, "last_at": now}
        )
        if not created:
            rows.filter(pk=row.pk).update(count=models.F("count") + count, last_at=now)


counter: Final = RefusalCounter()
"""The one of this process."""


def note_missing_grants(*, token: Any, grants: Sequence[str], **kwargs: Any) -> None:
    """Receive `eaglet.api.security.decorator.call_refused`."""
    for grant in grants:
        counter.note(token.app.pk, Reason.LACKS_GRANT, grant)
