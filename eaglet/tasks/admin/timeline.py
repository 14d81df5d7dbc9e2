"""Tell a task's life, step by step, as far as this service's databases know it."""

import datetime
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from eaglet.observability.redaction import redact_text, redact_values
from eaglet.tasks.database import DATABASE_FAULTS, digest_of, has_table
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias
from eaglet.tasks.models.outbox import outbox_aliases


@dataclass(frozen=True)
class Step:
    """One step; `at` is None when it was not taken yet, or nobody knows when."""

    name: str
    at: datetime.datetime | None
    detail: str = ""
    text: str = ""
    is_fault: bool = False

    @property
    def time(self) -> str:
        """Return when it was, in the current time zone, to the millisecond."""
        if self.at is None:
            return ""
        at = timezone.localtime(self.at) if timezone.is_aware(self.at) else self.at
        return at.isoformat(" ", "milliseconds")[:23]


def steps_of(task_id: str, queue_name: str) -> list[Step]:
    """Return the steps of a task, in their order, from the outbox, the ledger and the results.

    Of an event, those of all its subscribers here.
    """
    sent, result = _outbox_row(task_id), _result_row(task_id)
    rows = _received_rows(task_id, "" if sent and sent.is_event else queue_name)
    received: list[ReceivedTask | None] = [*rows] or [None]
    taken = [step for row in received for step in _taken(sent, row, result)]
    return [*_sent(sent), *taken, *_resulted(result)]


def _outbox_row(task_id: str) -> OutboxTask | None:
    for alias in outbox_aliases():
        with suppress(*DATABASE_FAULTS):  # what the others know is shown
            outbox = OutboxTask.objects.using(alias)
            if has_table(alias, OutboxTask) and (row := outbox.filter(task_id=task_id).first()):
                return row
    return None


def _received_rows(task_id: str, queue_name: str) -> list[ReceivedTask]:
    """Return what the ledger has of a task; of any queue's where none is named."""
    try:
        ledger = ReceivedTask.objects.using(ledger_alias()).order_by("queue_name")
        known = {"key": digest_of(queue_name, task_id)} if queue_name else {"task_id": task_id}
        return list(ledger.filter(**known))
    except DATABASE_FAULTS:
        return []


def _result_row(task_id: str) -> Any:
    if not apps.is_installed("django_celery_results"):
        return None
    results: Any = apps.get_model("django_celery_results", "TaskResult")
    try:
        return results.objects.filter(task_id=task_id).first()
    except DATABASE_FAULTS:
        return None


def _sent(task: OutboxTask | None) -> Iterator[Step]:
    if task is None:
        yield Step(gettext("Written"), None, gettext("not sent from this database"))
        return
    detail = [
        gettext("to be sent later") if task.not_before else "",
        gettext("in order") if task.order_key else "",
        gettext("one at a time") if task.unique_key else "",
    ]
    yield Step(gettext("Written"), task.written_at, ", ".join(filter(None, detail)))
    error = redact_text(task.last_error)
    if task.state == OutboxTask.State.PARKED:
        yield Step(
            gettext("Parked by the sender"), task.parked_at, _attempts(task.attempts), error, True
        )
    elif task.state == OutboxTask.State.SENT:
        yield Step(gettext("Published"), task.sent_at, _attempts(task.attempts))
    elif task.state == OutboxTask.State.CANCELLED:
        yield Step(gettext("Cancelled"), task.due_at)
    else:
        yield Step(gettext("Published"), None, gettext("waiting to be sent"), error, bool(error))


def _taken(sent: OutboxTask | None, task: ReceivedTask | None, result: Any) -> Iterator[Step]:
    if task is None:
        if result is None and (sent is None or sent.state == OutboxTask.State.SENT):
            detail = (
                gettext("by no worker over this database; other services are not seen here")
                if sent and sent.is_event
                else gettext("no worker over this database has begun with it")
            )
            yield Step(gettext("Received"), None, detail)
        elif result is not None:
            started = getattr(result, "date_started", None)
            yield Step(gettext("Started"), started, result.worker or "")
        return
    by = f"{task.queue_name}, {task.worker}" if sent and sent.is_event else task.worker
    yield Step(gettext("Received"), task.received_at, by)
    if task.started_at:
        yield Step(gettext("Started"), task.started_at, _attempts(task.attempts))
    cause = task.cause if not task.traceback else f"{task.cause}\n\n{task.traceback}"
    match ReceivedTask.State(task.state):
        case ReceivedTask.State.DONE:
            yield Step(gettext("Done"), task.ended_at)
        case ReceivedTask.State.PARKED:
            yield Step(gettext("Parked"), task.ended_at, "", cause, True)
        case ReceivedTask.State.RETRYING:
            yield Step(gettext("Failed, to be tried again"), task.due_at, "", cause, True)
        case ReceivedTask.State.WAITING:
            yield Step(gettext("To be started later"), task.due_at)
        case ReceivedTask.State.REPLAYED:
            detail = gettext("no worker has begun with it")
            yield Step(gettext("Published again"), task.due_at, detail)


def _resulted(result: Any) -> Iterator[Step]:
    if result is None:
        return
    text, is_fault = result.traceback or result.result or "", bool(result.traceback)
    try:
        shown = shown_json(json.loads(text))
    except ValueError:
        shown = redact_text(text)
    yield Step(gettext("Result"), result.date_done, str(result.status), shown, is_fault)


def _attempts(count: int) -> str:
    return ngettext("%(count)d attempt", "%(count)d attempts", count) % {"count": count}


def shown_json(value: Any) -> str:
    """Return JSON for people, without the values of secret names."""
    return json.dumps(redact_values({"": value})[""], ensure_ascii=False, indent=1)
