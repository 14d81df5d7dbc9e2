"""Stand between Celery and a handler: run what Celery took, and raise what it is to do then."""

from __future__ import annotations

import datetime
import time
from dataclasses import replace
from typing import Any, Final

from celery import Task
from celery.exceptions import Ignore, Reject, Retry
from django.conf import settings
from django.utils import timezone

from eaglet.exceptions import AlreadyFinished, TaskNotParked
from eaglet.observability import tracing
from eaglet.tasks.broker.headers import FORCE, RECEIVED_AT, REPLAY, header, text_header
from eaglet.tasks.display import presentable
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.execution import Declaration, RetryLater, handle
from eaglet.tasks.receiving.stored_message import StoredMessage

_PAUSE_BEFORE_REQUEUE_SECONDS: Final = 2.0
_LONGEST_RESULT_ID: Final = 255


def deliver(
    declaration: Declaration, task: Task[Any, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run what Celery has taken, and tell it what to do with the message by what is raised."""
    delivery = delivery_of(task, declaration.queue_name, args, kwargs)
    if len(delivery.task_id) > _LONGEST_RESULT_ID:
        task.request.ignore_result = True  # no column of the results' takes it
    try:
        while True:
            try:
                return handle(declaration, delivery, args, kwargs)
            except RetryLater:
                if not task.request.is_eager:
                    raise
                # Nobody would publish it again for this process to run.
                delivery = replace(delivery, attempt=delivery.attempt + 1, is_first=False)
    except RetryLater as later:
        # The ledger has it, and publishes it again; Celery notes the retry, and acknowledges.
        retry: Any = Retry  # whose stub knows no float
        raise retry(exc=presentable(later.error), when=later.pause) from None
    except AlreadyFinished as error:
        raise Ignore(str(error)) from error
    except TaskNotParked as error:
        # Or a broker that gives it back at once, and a database that is away, would keep us busy.
        time.sleep(_PAUSE_BEFORE_REQUEUE_SECONDS)
        raise Reject(error, requeue=True) from None


def delivery_of(
    task: Task[Any, Any], queue_name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Delivery:
    """Return what the ledger is told of the task that is being run."""
    request = task.request
    received_at = header(request, RECEIVED_AT)
    replay = text_header(request, REPLAY, 36)
    redelivered = bool((request.delivery_info or {}).get("redelivered"))
    trace = tracing.current()
    return Delivery(
        task_id=str(request.id),
        queue_name=queue_name,
        message=StoredMessage.from_request(request, queue_name, args, kwargs),
        worker=str(request.hostname or ""),
        received_at=_moment(received_at) if isinstance(received_at, float) else None,
        request_id=trace.request_id if trace else "",
        traceparent=trace.headers()["traceparent"] if trace else "",
        replay=replay,
        is_forced=bool(replay and header(request, FORCE)),
        attempt=int(request.retries or 0) + 1,
        is_first=not (redelivered or request.retries or replay),
    )


def _moment(timestamp: float) -> datetime.datetime:
    moment = datetime.datetime.fromtimestamp(timestamp, datetime.UTC)
    return moment if settings.USE_TZ else timezone.make_naive(moment)
