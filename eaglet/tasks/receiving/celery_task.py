"""Stand between Celery and a handler: run what Celery took, and raise what it is to do then."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from functools import partial
from typing import Any, Final

from celery.app.task import Context
from celery.exceptions import Ignore, Reject, Retry
from celery.worker import request as celery_request

from eaglet.exceptions import AlreadyFinished, TaskNotParked
from eaglet.observability import tracing
from eaglet.tasks.broker.headers import RECEIVED_AT, header
from eaglet.tasks.display import presentable
from eaglet.tasks.receiving.delivery import Delivery, delivery_by
from eaglet.tasks.receiving.execution import Declaration, RetryLater, handle
from eaglet.tasks.receiving.stored_message import StoredMessage

_PAUSE_BEFORE_REQUEUE_SECONDS: Final = 2.0
_LONGEST_RESULT_ID: Final = 255

done: Final[deque[tuple[Request, float]]] = deque()
"""What this worker's handlers have done, and when, that the ledger is not told of yet."""


class Request(celery_request.Request):
    """What a worker's main process knows of a task; a subclass of Celery's for each task name."""

    # Whether the ledger knows that it was begun.
    is_noted = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        succeed: Any = cls.on_success

        def on_success(self: Request, outcome: Any, **kwargs: Any) -> None:
            if not outcome[0]:  # it has not failed
                done.append((self, time.time()))
            succeed(self, outcome, **kwargs)

        cls.on_success = on_success  # type: ignore[assignment]


def deliver(
    declaration: Declaration, request: Context, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Run what Celery has taken, and tell it what to do with the message by what is raised."""
    delivery = delivery_of(request, declaration.queue_name, args, kwargs)
    if len(delivery.task_id) > _LONGEST_RESULT_ID:
        request.ignore_result = True  # no column of the results' takes it
    try:
        while True:
            try:
                return handle(declaration, delivery, args, kwargs)
            except RetryLater:
                if not request.is_eager:
                    raise
                # Nobody would publish it again for this process to run.
                delivery = replace(delivery, attempt=delivery.attempt + 1)
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
    request: Context, queue_name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Delivery:
    """Return what the ledger is told of the task that is being run."""
    delivery = delivery_by(
        partial(header, request),
        request.delivery_info,
        task_id=str(request.id),
        queue_name=queue_name,
        message=partial(StoredMessage.from_request, request, queue_name, args, kwargs),
        worker=str(request.hostname or ""),
    )
    if delivery.received_at is None and (trace := tracing.current()):
        delivery.request_id, delivery.traceparent = trace.request_id, trace.headers()["traceparent"]
    was_taken = bool(header(request, RECEIVED_AT))
    delivery.is_noted = was_taken and not (request.is_eager or delivery.is_repeat)
    return delivery
