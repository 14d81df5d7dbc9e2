"""Note in the ledger what becomes of each delivery."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, ParamSpec, TypeVar

from django.db import IntegrityError, connections, transaction
from django.db.models import F
from django.utils import timezone

from eaglet.tasks.database import DATABASE_FAULTS, close
from eaglet.tasks.display import as_column
from eaglet.tasks.insert import insert
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.models.received import ReceivedTaskQuerySet
from eaglet.tasks.receiving.delivery import Delivery

State = ReceivedTask.State


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
def begin(delivery: Delivery) -> AttemptStart:
    """Note that a worker begins with a task."""
    now = timezone.now()
    if delivery.is_first:
        row = ReceivedTask(
            **_described_by(delivery),
            state=State.STARTED.value,
            received_at=delivery.received_at or now,
            started_at=now,
            due_at=now,
            attempts=1,
        )
        alias = ledger_alias()
        try:
            # A statement of its own is whole by itself; within a transaction it must not end that.
            inside = connections[alias].in_atomic_block
            with transaction.atomic(using=alias) if inside else nullcontext():
                insert(alias, row)
        except IntegrityError:
            pass  # a repeat
        else:
            return AttemptStart(1)
    return _begin_again(delivery, now)


def _begin_again(delivery: Delivery, now: datetime.datetime) -> AttemptStart:
    known = _rows(delivery)
    changes: dict[str, Any] = {
        "state": State.STARTED,
        "started_at": now,
        "due_at": now,
        "ended_at": None,
        "worker": as_column(delivery.worker, 255),
    }
    done = known.filter(state=State.DONE)
    if delivery.replay and not delivery.is_forced and done.exists():
        return AttemptStart(0, "done already")
    if delivery.replay and known.exclude(replay=delivery.replay).update(
        replay=delivery.replay, attempts=1, **changes
    ):
        return AttemptStart(1)
    if not delivery.replay and known.filter(state=State.PARKED).exists():
        return AttemptStart(0, "parked already")
    # What is done stays so, whatever a repeat comes to.
    if done.exists():
        done.update(attempts=F("attempts") + 1)
        return AttemptStart(delivery.attempt)
    if not known.update(attempts=F("attempts") + 1, **changes):
        return begin(replace(delivery, is_first=True))
    return AttemptStart(known.values_list("attempts", flat=True)[0])


@_again_on_a_fresh_connection
def note(
    delivery: Delivery,
    state: ReceivedTask.State,
    *,
    due_at: datetime.datetime | None = None,
    cause: str = "",
    traceback: str = "",
) -> None:
    """Note what became of a task, also where its beginning could not be; what is done stays so.

    `due_at` is when it is to be published again, for a state in which it is.
    """
    now = timezone.now()
    changes: dict[str, Any] = {
        "state": state,
        "due_at": due_at or now,
        "cause": as_column(cause),
        "traceback": as_column(traceback),
    }
    if due_at is None:
        changes["ended_at"] = now
    else:
        changes["message"] = delivery.message.to_text()
    rows = _rows(delivery)
    if not rows.exclude(state=State.DONE).update(**changes):
        defaults = {
            **_described_by(delivery),
            "received_at": delivery.received_at or now,
            "attempts": delivery.attempt if state == State.DONE else 0,
            **changes,
        }
        if not rows.get_or_create(key=delivery.key, defaults=defaults)[1]:
            rows.exclude(state=State.DONE).update(**changes)


def _rows(delivery: Delivery) -> ReceivedTaskQuerySet:
    return ReceivedTask.objects.using(ledger_alias()).filter(key=delivery.key)


def _described_by(delivery: Delivery) -> dict[str, Any]:
    return {
        "key": delivery.key,
        "task_id": as_column(delivery.task_id, 255),
        "queue_name": as_column(delivery.queue_name, 255),
        "worker": as_column(delivery.worker, 255),
        "message": delivery.message.to_text(),
        "request_id": delivery.request_id,
        "traceparent": delivery.traceparent,
        "replay": delivery.replay,
    }
