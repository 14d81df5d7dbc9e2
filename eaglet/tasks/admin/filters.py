"""Narrow the lists of tasks, by what an index or the newest tasks tell."""

import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from eaglet.tasks.database import utc_now

_NEWEST: Final = 5_000
_LONGEST: Final = 60
_SPANS: Final = (
    (5, _("Last 5 minutes")),
    (60, _("Last hour")),
    (24 * 60, _("Last day")),
    (7 * 24 * 60, _("Last week")),
)


class ChangedFilter(admin.SimpleListFilter):
    """Find what was sent, begun or ended lately, or is due later."""

    title = _("date")
    parameter_name = "minutes"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """Return the spans of time."""
        return [(str(minutes), name) for minutes, name in _SPANS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tasks of the last minutes asked for."""
        if self.value() not in dict(self.lookup_choices):
            return queryset
        since = utc_now() - datetime.timedelta(minutes=int(self.value() or 0))
        return queryset.filter(state__in=queryset.model.State.values, due_at__gte=since)


class QueueFilter(admin.SimpleListFilter):
    """Find the tasks of a queue; those there are a choice of are of the newest tasks."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the queues of the newest tasks, and the one that is asked for."""
        newest = model_admin.get_queryset(request).order_by("-pk")
        names = set(newest.values_list("queue_name", flat=True)[:_NEWEST])
        return [(name, name) for name in sorted(names | {*request.GET.getlist("queue")})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tasks of the queue."""
        if not self.value():
            return queryset
        return queryset.filter(state__in=queryset.model.State.values, queue_name=self.value())


class CauseFilter(admin.SimpleListFilter):
    """Find what failed for a reason: its kind, before the colon, in the column of the admin's."""

    title = _("cause")
    parameter_name = "cause"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self._column, self._states = model_admin.cause_column, model_admin.failed_states
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the kinds among those that failed last."""
        failed = model_admin.get_queryset(request).filter(state__in=self._states)
        causes = failed.order_by("-due_at").values_list(self._column, flat=True)[: _NEWEST // 5]
        kinds = {cause.partition(":")[0].partition("\n")[0][:_LONGEST] for cause in causes}
        return [(kind, kind) for kind in sorted(filter(None, kinds))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the tasks that failed so."""
        if not self.value():
            return queryset
        begins = {f"{self._column}__startswith": self.value()}
        return queryset.filter(state__in=self._states, **begins)
