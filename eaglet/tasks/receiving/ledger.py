"""Note in the ledger what becomes of each delivery."""

import datetime
import functools
import json
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final, ParamSpec, TypeVar

from django.db import IntegrityError, connections, transaction
from django.db.models import F

from eaglet.tasks.database import DATABASE_FAULTS, close, utc_now
from eaglet.tasks.display import as_column
from eaglet.tasks.insert import insert, upsert
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.models.received import ReceivedTaskQuerySet
from eaglet.tasks.receiving.delivery import Delivery

State = ReceivedTask.State

_CHANGED: Final = [*("state", "started_at", "ended_at", "due_at", "attempts", "cause", "traceback")]
_ENDED: Final[dict[int, str]] = {State.DONE: "done already", State.PARKED: "parked already"}


@dataclass(frozen=True)
class AttemptStart:
    """The how-manieth attempt it is, or in `ended` why there is nothing to be done."""

    attempt: int
    ended: str = ""


P = ParamSpec("P")
R = TypeVar("R")


def _again_on_a_fresh_connection(step: Callable[P, R]) -> Callable[P, R]:
    # While a handler runs nothing is said on it: idle time-outs, poolers and firewalls end it.

    @functools.wraps(step)
    def take(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return step(*args, **kwargs)
        except DATABASE_FAULTS:
            if connections[alias := ledger_alias()].in_atomic_block:
                raise
            close(alias)
            return step(*args, **kwargs)

    return take


@_again_on_a_fresh_connection
def begin(delivery: Delivery, attempt: int) -> AttemptStart:
    """Note that a worker begins with a task; its `attempt` is that if the ledger knows no other."""
    now, rows, delivery.is_begun = utc_now(), _rows(delivery), True
    changes: dict[str, Any] = {
        "state": State.STARTED,
        "started_at": now,
        "due_at": now,
        "worker": as_column(delivery.worker, 255),
    }
    again = {**changes, "attempts": F("attempts") + 1, "ended_at": None}
    while not rows.exclude(state__in=_ENDED).update(**again):
        if _added(ReceivedTask(**{**_described_by(delivery), **changes}, attempts=attempt)):
            return AttemptStart(attempt)
        if ended := _ENDED.get(rows.values_list("state", flat=True)[0]):
            return AttemptStart(0, ended)
    return AttemptStart(rows.values_list("attempts", flat=True)[0])


@_again_on_a_fresh_connection
def note(
    delivery: Delivery,
    state: ReceivedTask.State,
    *,
    due_at: datetime.datetime | None = None,
    **changes: Any,
) -> None:
    """Note what became of a task, also where its beginning was not; what is done stays so.

    `due_at` is when it is to be published again, for a state in which it is.
    """
    now, rows = utc_now(), _rows(delivery)
    changes.update(state=state, due_at=due_at or now)
    if due_at is None:
        changes["ended_at"] = now
    else:
        changes["message"] = delivery.message().to_text()
    if delivery.outcome:
        changes["outcome"] = json.dumps(delivery.outcome)

    def change() -> bool:
        return bool(rows.exclude(state=State.DONE).update(**changes))

    def add() -> bool:
        return _added(ReceivedTask(**{**_described_by(delivery), **changes}))

    may_be_there = delivery.is_begun or delivery.is_repeat
    if not (may_be_there and change()) and not add():
        change()


def _added(row: ReceivedTask) -> bool:
    """Write a new row; return False where there is one for its key."""
    alias = ledger_alias()
    # Within a transaction that must not be ended.
    inside = connections[alias].in_atomic_block
    try:
        with transaction.atomic(using=alias) if inside else nullcontext():
            insert(alias, row)
    except IntegrityError:
        if not ReceivedTask.objects.using(alias).filter(key=row.key).exists():
            raise
        return False
    return True


@_again_on_a_fresh_connection
def note_many(begun: Sequence[dict[str, Any]], done: Sequence[dict[str, Any]]) -> None:
    """Note first deliveries that were begun, unless more is known of them, and that were done."""
    alias = ledger_alias()
    rows = [ReceivedTask(**one) for one in begun]
    ReceivedTask.objects.using(alias).bulk_create(rows, ignore_conflicts=True)
    if done:
        upsert(alias, ReceivedTask, done, "key", _CHANGED)


def row_of(delivery: Delivery, started_at: float, ended_at: float | None) -> dict[str, Any]:
    """Return what the ledger is to say of a first delivery; the times are seconds since 1970."""
    ended = _moment(ended_at) if ended_at is not None else None
    started = _moment(started_at)
    return {
        **_described_by(delivery),
        "state": State.DONE.value if ended else State.STARTED.value,
        "started_at": started,
        "ended_at": ended,
        "due_at": ended or started,
        "attempts": 1,
        "cause": "",
        "traceback": "",
        "outcome": "",
    }


def _moment(timestamp: float) -> datetime.datetime:
    """Return a time in seconds since 1970 with its zone."""
    return datetime.datetime.fromtimestamp(timestamp, datetime.UTC)


def _rows(delivery: Delivery) -> ReceivedTaskQuerySet:
    return ReceivedTask.objects.using(ledger_alias()).filter(key=delivery.key)


def _described_by(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "task_id": as_column(delivery.task_id, 255),
        "queue_name": as_column(delivery.queue_name, 255),
        "worker": as_column(delivery.worker, 255),
        "message": delivery.message().to_text(),
        "received_at": _moment(delivery.received_at or time.time()),
        "request_id": delivery.request_id,
        "traceparent": delivery.traceparent,
        "replay": delivery.replay,
    }
