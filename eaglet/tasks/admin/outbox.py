"""List in the admin what was sent, and what waits to be."""

import datetime
import json
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import router
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from eaglet.tasks.admin.base import TaskAdmin
from eaglet.tasks.admin.filters import CauseFilter, ChangedFilter, QueueFilter
from eaglet.tasks.database import utc_now
from eaglet.tasks.models import OutboxTask, ReceivedTask, ledger_alias

_LATE = datetime.timedelta(minutes=1)
_NEWEST = 100_000


class NotBegunFilter(admin.SimpleListFilter):
    """Find what was sent, and not begun by any worker over this database."""

    title = _("run")
    parameter_name = "run"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the one question, where the ledger is in the outbox's database."""
        if ledger_alias() != router.db_for_read(OutboxTask):
            return []
        return [("never", _("sent a minute ago or more, and never run here"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[OutboxTask]
    ) -> QuerySet[OutboxTask]:
        """Return the tasks asked for."""
        if self.value() != "never":
            return queryset
        sent = OutboxTask.objects.using(queryset.db).filter(state=OutboxTask.State.SENT)
        newest = sent.order_by("-due_at").values_list("due_at", flat=True)
        if first := newest[_NEWEST : _NEWEST + 1]:  # each of these is looked up
            queryset = queryset.filter(due_at__gte=first[0])
        begun: Any = ReceivedTask.objects.using(queryset.db).filter(task_id=OuterRef("task_id"))
        late = queryset.filter(
            ~Exists(begun),
            kind=OutboxTask.Kind.TASK,  # an event may have no subscriber here
            state=OutboxTask.State.SENT,
            due_at__lt=utc_now() - _LATE,
        )
        if apps.is_installed("django_celery_results"):
            results = apps.get_model("django_celery_results", "TaskResult")
            if router.db_for_read(results) == queryset.db:
                # Of tasks that the project takes with Celery's own decorators.
                known = results._default_manager.using(queryset.db)
                late = late.filter(~Exists(known.filter(task_id=OuterRef("task_id"))))
        return late


@admin.register(OutboxTask)
class OutboxTaskAdmin(TaskAdmin):
    """Show what was sent, to be replayed where it is parked."""

    list_display = (
        "short_id",
        "kind",
        "queue_name",
        "state_word",
        "age",
        "attempts",
        "short_cause",
    )
    list_filter = ("state", "kind", ChangedFilter, NotBegunFilter, CauseFilter, QueueFilter)
    cause_column, text_column = "last_error", "arguments"
    failed_states = (OutboxTask.State.PARKED, OutboxTask.State.PENDING)
    colours = {
        OutboxTask.State.SENT: "good",
        OutboxTask.State.PARKED: "bad",
        **dict.fromkeys(OutboxTask.WAITING, "busy"),
    }
    fields = (
        "task_id", "kind", "queue_name", "state", "life", "redacted_arguments", "order_key",
        "unique_key", "priority", "not_before", "due_at", "attempts", "last_error", "request_id",
        "traceparent",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("replay",)

    replayable = (OutboxTask.State.PARKED,)
    skipped = {*OutboxTask.State} - {*replayable}
    question = _("Have the parked ones among these tasks sent again?")

    def arguments_of(self, task: OutboxTask) -> Any:
        """Return the arguments."""
        return json.loads(task.arguments)

    def told(self, count: int) -> str:
        """Return how many the relay has again."""
        said = ngettext("%(count)d task waits again.", "%(count)d tasks wait again.", count)
        return said % {"count": count}
