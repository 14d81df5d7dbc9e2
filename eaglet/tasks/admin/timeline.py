"""A task's life, step by step, as far as this service's databases know it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from eaglet.observability.redaction import redact_text, redact_values
from eaglet.tasks.database import DATABASE_FAULTS, digest_of
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.outboxes import is_migrated, outbox_aliases


@dataclass(frozen=True)
class Step:
    """One step: its name, when it was taken (None: not yet, or not known), and what to know of it.

    `text` is longer: a result, or a traceback.
    """

    name: str
    at: datetime.datetime | None
    detail: str = ""
    text: str = ""
    is_fault: bool = False

    @property
    def time(self) -> str:
        """When it was, in the current time zone, to the millisecond."""
        if self.at is None:
            return ""
        at = timezone.localtime(self.at) if timezone.is_aware(self.at) else self.at
        return at.isoformat(" ", "milliseconds")[:23]


def steps_of(task_id: str, queue_name: str) -> list[Step]:
    """The steps of a task, in their order, from the outbox, the ledger and the results."""
    outbox = _outbox_row(task_id)
    received = _received_row(task_id, queue_name)
    result = _result_row(task_id)
    return [*_sent(outbox), *_taken(outbox, received, result), *_resulted(result)]


def _outbox_row(task_id: str) -> OutboxTask | None:
    for alias in outbox_aliases():
        try:
            if is_migrated(alias):
                row = OutboxTask.objects.using(alias).filter(task_id=task_id).first()
                if row is not None:
                    return row
        except DATABASE_FAULTS:
            continue  # what the others know is shown
    return None


def _received_row(task_id: str, queue_name: str) -> ReceivedTask | None:
    try:
        ledger = ReceivedTask.objects.using(ledger_alias())
        return ledger.filter(key=digest_of(queue_name, task_id)).first()
    except DATABASE_FAULTS:
        return None


def _result_row(task_id: str) -> Any:
    if not apps.is_installed("django_celery_results"):
        return None
    try:
        return (
            apps.get_model("django_celery_results", "TaskResult")
            .objects.filter(task_id=task_id)
            .first()
        )
    except DATABASE_FAULTS:
        return None


def _sent(task: OutboxTask | None) -> Iterator[Step]:
    if task is None:
        yield Step(gettext("Written"), None, gettext("not sent from this database"))
        return
    detail = []
    if task.not_before:
        detail.append(gettext("to be sent later"))
    if task.order_key:
        detail.append(gettext("in order"))
    yield Step(gettext("Written"), task.written_at, ", ".join(detail))
    error = redact_text(task.last_error)
    if task.state == OutboxTask.State.PARKED:
        yield Step(
            gettext("Parked by the sender"), task.parked_at, _attempts(task.attempts), error, True
        )
    elif task.state == OutboxTask.State.SENT:
        yield Step(gettext("Published"), task.sent_at, _attempts(task.attempts))
    else:
        yield Step(gettext("Published"), None, gettext("waiting to be sent"), error, bool(error))


def _taken(sent: OutboxTask | None, task: ReceivedTask | None, result: Any) -> Iterator[Step]:
    if task is None:
        if result is None and (sent is None or sent.state == OutboxTask.State.SENT):
            yield Step(
                gettext("Received"),
                None,
                gettext("no worker over this database has begun with it"),
            )
        elif result is not None:
            started = getattr(result, "date_started", None)
            yield Step(gettext("Started"), started, result.worker or "")
        return
    state = ReceivedTask.State(task.state)
    yield Step(gettext("Received"), task.received_at, task.worker)
    if task.started_at:
        yield Step(gettext("Started"), task.started_at, _attempts(task.attempts))
    cause = task.cause if not task.traceback else f"{task.cause}\n\n{task.traceback}"
    if state == ReceivedTask.State.DONE:
        yield Step(gettext("Done"), task.ended_at)
    elif state == ReceivedTask.State.PARKED:
        yield Step(gettext("Parked"), task.ended_at, "", cause, True)
    elif state == ReceivedTask.State.RETRYING:
        yield Step(gettext("Failed, to be tried again"), task.due_at, "", cause, True)
    elif state == ReceivedTask.State.WAITING:
        yield Step(gettext("To be started later"), task.due_at)
    elif state == ReceivedTask.State.REPLAYED:
        yield Step(gettext("Published again"), task.due_at, gettext("no worker has begun with it"))


def _resulted(result: Any) -> Iterator[Step]:
    if result is None:
        return
    text = result.traceback or result.result or ""
    yield Step(
        gettext("Result"),
        result.date_done,
        str(result.status),
        _redacted_json(text),
        bool(result.traceback),
    )


def _attempts(count: int) -> str:
    return ngettext("%(count)d attempt", "%(count)d attempts", count) % {"count": count}


def _redacted_json(text: str) -> str:
    try:
        value = json.loads(text)
    except ValueError:
        return redact_text(text)
    return shown_json(value)


def shown_json(value: Any) -> str:
    """JSON for people, without the values of secret names."""
    return json.dumps(redact_values({"": value})[""], ensure_ascii=False, indent=1)
