"""Count the calls of each app that were refused, and why.

Written at the end of the request, outside its transaction, which a refusal may roll back. Bad
tokens and wrong secrets write nothing, whoever sends them.
"""

import logging
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

from django.core.signals import request_finished
from django.db import connections, models, router, transaction
from django.utils import timezone

from eaglet.auth.models import App, Reason, RefusedCalls
from eaglet.auth.models.refused_calls import GRANT_LENGTH

logger = logging.getLogger("eaglet.auth")


class _Refusal(NamedTuple):
    app_id: int
    reason: str
    grant: str


# Bounded for processes that verify tokens and answer no requests.
_noted: Final[deque[_Refusal]] = deque(maxlen=1000)


def note(app_id: int, reason: Reason, grant: str = "") -> None:
    """Count one refused call, when the request that is being answered ends."""
    # Not before something is noted: a receiver costs every request, refused or not.
    request_finished.connect(write, dispatch_uid=__name__)
    _noted.append(_Refusal(app_id, reason.value, grant[:GRANT_LENGTH]))


def note_missing_grants(*, token: Any, grants: Sequence[str], **kwargs: Any) -> None:
    """Receive `eaglet.api.security.decorator.call_refused`."""
    for grant in grants:
        note(token.app.pk, Reason.LACKS_GRANT, grant)


def write(**kwargs: Any) -> None:
    """Write what was noted; a database that can't take it is logged, not raised."""
    counts: Counter[_Refusal] = Counter()
    with suppress(IndexError):  # other threads take from it too
        while _noted:
            counts[_noted.popleft()] += 1
    if not counts:
        return
    try:
        _add(counts, router.db_for_write(RefusedCalls))
    except Exception:
        logger.warning("%d refused calls were not counted", counts.total(), exc_info=True)


def _add(counts: Counter[_Refusal], using: str) -> None:
    now = timezone.now()
    connection = connections[using]
    try:
        with transaction.atomic(using=using):
            apps = App.objects.using(using).filter(pk__in={refused.app_id for refused in counts})
            there = set(apps.values_list("pk", flat=True))
            # In one order in every process, so that no two wait for each other.
            for refused, count in sorted(counts.items()):
                if refused.app_id in there:
                    RefusedCalls.objects.using(using).update_or_create(
                        **refused._asdict(),
                        defaults={"count": models.F("count") + count, "last_at": now},
                        create_defaults={"count": count, "first_at": now, "last_at": now},
                    )
    finally:
        # As Django does when a request ends; its receiver may have run before. A request that
        # ends inside of a transaction is a test's, and so is the connection.
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
