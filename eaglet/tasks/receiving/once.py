"""Run a handler exactly once: its effects in one transaction with its row of the inbox."""

import logging
from collections.abc import Callable
from typing import Any

from django.db import IntegrityError, connections, transaction
from kombu.utils import json as celery_json

from eaglet.exceptions import TaskError
from eaglet.tasks.database import digest_of, utc_now
from eaglet.tasks.display import as_column
from eaglet.tasks.insert import insert
from eaglet.tasks.models import InboxEntry

logger = logging.getLogger("eaglet.tasks")


def run_once(
    call: Callable[[], Any], queue_name: str, task_id: str, *, forced_by: str = "", alias: str
) -> Any:
    """Do `call` in a transaction of `alias` with its inbox row; return its result, or that kept.

    Of two that do the same at once, one waits for the other at the row's unique key, and does it
    only if the other was rolled back. `forced_by` makes a forced replay another task than the one
    that is done. Raises what `call` and the database raise, and TaskError when `call` returned
    though the transaction can only be rolled back.
    """
    key = digest_of(queue_name, task_id, forced_by)
    entry = InboxEntry(
        key=key,
        task_id=as_column(task_id, 255),
        queue_name=as_column(queue_name, 255),
        done_at=utc_now(),
    )
    is_written = False
    try:
        with transaction.atomic(using=alias):
            # First of all: it is what the other one waits at, and no lock has to be made greater.
            insert(alias, entry)
            is_written = True
            result = call()
            if connections[alias].needs_rollback:
                raise TaskError(
                    f"the handler of {queue_name} returned, but its transaction can only be "
                    "rolled back: an error of the database was caught in it, without an atomic "
                    "block of its own"
                )
            if result is not None:
                kept = InboxEntry.objects.using(alias).filter(pk=entry.pk)
                kept.update(result=_to_text(result))
            return result
    except IntegrityError:
        if is_written:
            raise
    # In a transaction of its own, which sees what the other has committed.
    done = InboxEntry.objects.using(alias).get(key=key)
    logger.info("task %s of %s is done already", task_id, queue_name)
    return celery_json.loads(done.result) if done.result else None


def _to_text(result: Any) -> str:
    try:
        return str(celery_json.dumps(result))
    except (TypeError, ValueError):
        return ""
