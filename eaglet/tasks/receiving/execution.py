"""Run a task that was taken, have it tried again later, or park it with its cause."""

import datetime
import inspect
import logging
import random
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from billiard.common import terminate_handler_fired  # type: ignore[attr-defined]
from celery.exceptions import Ignore, Reject, Retry, WorkerShutdown, WorkerTerminate

from eaglet.conf import conf
from eaglet.exceptions import (
    AbandonedTask,
    AlreadyFinished,
    InvalidMessage,
    ParamError,
    TaskError,
    TaskNotParked,
)
from eaglet.observability import tracing
from eaglet.params import declared_params
from eaglet.tasks.database import DATABASE_FAULTS, utc_now
from eaglet.tasks.display import as_column, as_line, describe, presentable, redacted_traceback
from eaglet.tasks.models import ReceivedTask, inbox_alias
from eaglet.tasks.receiving import ledger
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.once import run_once

logger = logging.getLogger("eaglet.tasks.received")

State = ReceivedTask.State

LONGEST_PAUSE_SECONDS: Final = 300
event_at_work: Final = ContextVar("eaglet_event", default="")
# Raised by a handler, they are its own word to Celery; the others end the process, not the task.
_NO_FAILURE: Final = (Ignore, Reject, Retry, KeyboardInterrupt, WorkerShutdown, WorkerTerminate)


@dataclass(frozen=True)
class Declaration:
    """A queue and the function that takes from it, as `@task` was told."""

    queue_name: str
    function: Callable[..., Any]
    once: bool = False
    using: str | None = None
    max_attempts: int | None = None
    # Begins what is kept of an attempt, by its number, the arguments, and whether it has died; the
    # function then gets the delivery first.
    prepare: Callable[[Delivery, int, Sequence[Any], bool], None] | None = None
    # The pattern of the events it takes; "" for tasks.
    event: str = ""

    @property
    def attempts_allowed(self) -> int:
        """Return how often a task is tried before it is parked."""
        return self.max_attempts or conf.EAGLET_HANDLER_MAX_ATTEMPTS


class RetryLater(Exception):
    """An attempt failed, and another is to be made in `pause` seconds; the cause is chained."""

    def __init__(self, error: BaseException, pause: float) -> None:
        super().__init__(describe(error))
        self.error = error
        self.pause = pause


def handle(
    declaration: Declaration,
    delivery: Delivery,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    """Run a task's handler; return what it returns, once that is committed and noted.

    Raises RetryLater for an attempt that failed, the cause once it is parked, AlreadyFinished,
    TaskNotParked when nothing may be acknowledged, and what a handler tells Celery.
    """
    began = time.perf_counter()
    attempt, allowed = delivery.attempt, declaration.attempts_allowed
    # A first delivery is noted with its end. If its worker dies, it comes again, and counts then;
    # but where one attempt is all, none may be made that is not noted.
    if delivery.is_repeat or allowed == 1:
        was_unnoted = delivery.is_redelivered and allowed > 1
        try:
            start = ledger.begin(delivery, attempt + 1 if was_unnoted else attempt)
        except DATABASE_FAULTS as fault:
            # The ledger is for people: a task does not wait for it.
            logger.warning("what is received can't be noted: %s", describe(fault))
        else:
            if start.ended:
                name = f"task {delivery.task_id} of {delivery.queue_name}"
                raise AlreadyFinished(f"{name} is {start.ended}")
            attempt = start.attempt
    # Then this one is no attempt more: it only finds that out.
    has_died, attempt = attempt > allowed, min(attempt, allowed)
    try:
        if declaration.prepare:
            declaration.prepare(delivery, attempt, args, has_died)
        if has_died:
            raise AbandonedTask(
                f"begun {attempt} times and never ended: its worker died, or it took longer than "
                "the broker or a time limit allows"
            )
        result = _run(declaration, delivery, args, kwargs)
    except _NO_FAILURE:
        raise
    except (AbandonedTask, InvalidMessage) as error:
        park(delivery, error, attempt)
        raise
    except BaseException as error:
        if _ends_worker(error):
            raise
        if attempt >= allowed:
            park(delivery, error, attempt)
            if (shown := presentable(error)) is error:
                raise
            raise shown from None
        raise _retry(delivery, error, attempt) from error
    if delivery.outcome:
        # What comes of it is asked for: it is not done before that is kept.
        delivery.outcome["value"] = result
        _keep(delivery, State.DONE, attempts=attempt, cause="", traceback="")
    elif not delivery.is_noted:
        try:
            ledger.note(delivery, State.DONE, attempts=attempt, cause="", traceback="")
        except DATABASE_FAULTS as fault:
            logger.warning("what is done can't be noted: %s", describe(fault))
    delivery.on_end(None)
    _log_done(delivery, attempt, time.perf_counter() - began)
    return result


def park(delivery: Delivery, error: BaseException, attempts: int = 0) -> None:
    """Keep a task with the error that is its cause. Raises TaskNotParked if that fails."""
    has_no_traceback = isinstance(error, AbandonedTask | InvalidMessage)
    shown = "" if has_no_traceback else redacted_traceback(error)
    _keep(delivery, State.PARKED, error, shown, attempts=attempts)
    delivery.on_end(error)
    logger.error("task %s of %s is parked: %s", *_names(delivery), describe(error))


def put_off(delivery: Delivery, due_at: datetime.datetime) -> None:
    """Keep a task until its time. Raises TaskNotParked if that fails."""
    _keep(delivery, State.WAITING, due_at=due_at)


def _keep(
    delivery: Delivery,
    state: ReceivedTask.State,
    error: BaseException | None = None,
    traceback: str = "",
    **changes: Any,
) -> None:
    if error is not None:
        changes.update(cause=as_column(describe(error)), traceback=as_column(traceback))
        if delivery.outcome:
            path = f"{type(error).__module__}.{type(error).__qualname__}"
            kept = {"exception_class_path": path, "traceback": traceback or changes["cause"]}
            delivery.outcome.setdefault("errors", []).append(kept)
    try:
        ledger.note(delivery, state, **changes)
    except Exception as fault:  # noqa: BLE001 - logged; the message is given back
        logger.error(
            "task %s of %s could not be kept in the ledger, and stays with the broker: %s",
            *_names(delivery),
            describe(fault),
        )
        raise TaskNotParked(describe(fault)) from error


def _names(delivery: Delivery) -> tuple[str, str]:
    return as_line(delivery.task_id), as_line(delivery.queue_name)


def _ends_worker(error: BaseException) -> bool:
    if isinstance(error, SystemExit) and terminate_handler_fired():
        return True
    # By name: gevent, or greenlet, need not be installed.
    return any(kind.__name__ == "GreenletExit" for kind in type(error).__mro__)


def _run(
    declaration: Declaration,
    delivery: Delivery,
    args: Sequence[Any],
    kwargs: dict[str, Any],
) -> Any:
    # A copy: what the handler, or its contract, makes of it is not what another attempt gets.
    args, kwargs = _copied(list(args)), _copied(kwargs)
    function = declaration.function
    if len(args) != 1 or kwargs:
        raise InvalidMessage(
            f"a task has one argument; this one has {len(args)} and {len(kwargs)} named ones"
        )
    if declared_params(function) and not isinstance(args[0], dict):
        raise InvalidMessage(
            f"the arguments do not fit: not an object, but {type(args[0]).__name__}"
        )

    def call() -> Any:
        token = event_at_work.set(delivery.event)
        try:
            result = function(delivery, *args) if declaration.prepare else function(*args)
        except ParamError as error:
            at = error.function
            if inspect.unwrap(function, stop=lambda layer: layer is at) is not at:
                raise  # of something that the handler called
            raise InvalidMessage(f"the arguments do not fit: {error}") from error
        finally:
            event_at_work.reset(token)
        if inspect.isawaitable(result) or inspect.isgenerator(result):
            raise TaskError(f"the handler gave a {type(result).__name__}, which nobody runs")
        return result

    if not declaration.once:
        return call()
    return run_once(
        call,
        delivery.queue_name,
        delivery.task_id,
        forced_by=delivery.replay if delivery.is_forced else "",
        alias=inbox_alias(declaration.using),
    )


def _copied(value: Any) -> Any:
    # Of what came as JSON; `deepcopy` takes ten times as long.
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _retry(delivery: Delivery, error: BaseException, attempt: int) -> RetryLater:
    pause = min(
        conf.EAGLET_HANDLER_BACKOFF_SECONDS * 2.0 ** min(attempt - 1, 30), LONGEST_PAUSE_SECONDS
    )
    # Else what failed together would come back together.
    pause *= random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    due_at = utc_now() + datetime.timedelta(seconds=pause)
    shown = redacted_traceback(error)
    _keep(delivery, State.RETRYING, error, shown, due_at=due_at, attempts=attempt)
    logger.warning(
        "task %s of %s failed (attempt %d), and is tried again in %.1f s: %s",
        *_names(delivery),
        attempt,
        pause,
        describe(error),
    )
    return RetryLater(error, pause)


def _log_done(delivery: Delivery, attempt: int, seconds: float) -> None:
    if not logger.isEnabledFor(logging.INFO):
        return
    trace = tracing.current()
    logger.info(
        "%s %s: done, attempt %d, %.1f ms",
        *reversed(_names(delivery)),
        attempt,
        seconds * 1000,
        extra={
            "queue_name": delivery.queue_name,
            "task_id": delivery.task_id,
            "outcome": "done",
            "attempt": attempt,
            "duration_ms": round(seconds * 1000, 3),
            **({"request_id": trace.request_id, "trace_id": trace.trace_id} if trace else {}),
        },
    )
