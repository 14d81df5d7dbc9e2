"""Have pages of sent and of received tasks read, and replayed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import (
    MOST_AT_ONCE,
    MachineWrittenAdmin,
    ask,
    ask_about_selected,
    is_confirmed,
)
from eaglet.tasks.admin.timeline import steps_of


class TaskAdmin(MachineWrittenAdmin):
    """Show tasks, read only; whoever may change them may replay them."""

    show_full_result_count = False
    change_form_template = "admin/eaglet_tasks/task_change_form.html"

    class Media:
        css = {"all": ("eaglet_tasks/admin.css",)}

    @admin.display(description=_("life"))
    def life(self, task: Any) -> str:
        """Return every step of the task's, with its time."""
        steps = steps_of(task.task_id, task.queue_name)
        return render_to_string("admin/eaglet_tasks/life.html", {"steps": steps})

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what waits would be lost; what is done goes after its retention."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Return the page that replays one task, before the admin's own."""
        opts = self.model._meta
        return [
            path(
                "<path:object_id>/replay/",
                self.admin_site.admin_view(self.replay_one),
                name=f"{opts.app_label}_{opts.model_name}_replay",
            ),
            *super().get_urls(),
        ]

    def may_be_replayed(self, task: Any) -> bool:
        """Return whether the task's page offers to."""
        raise NotImplementedError

    def may_be_forced(self, task: Any) -> bool:
        """Return whether the task's page offers to do again what is done."""
        return False

    def question(self, *, forced: bool) -> str:
        """Return what is asked before it is done."""
        raise NotImplementedError

    def do_replay(self, request: HttpRequest, queryset: QuerySet[Any], *, forced: bool) -> None:
        """Replay these, tell how it went, and note it in the history."""
        raise NotImplementedError

    def replay_selected(
        self, request: HttpRequest, queryset: QuerySet[Any], *, forced: bool = False
    ) -> HttpResponse | None:
        """Ask whether to replay the selected tasks, and do it."""
        asked = ask_about_selected(
            self,
            request,
            queryset,
            title=gettext("Replay tasks"),
            question=self.question(forced=forced),
        )
        if asked is None:
            self.do_replay(request, queryset, forced=forced)
        return asked

    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to replay one task, and do it."""
        task = self.get_object(request, object_id)
        if task is None:
            raise Http404
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        url = reverse(f"{self.admin_site.name}:{name}", args=[task.pk])
        forced = request.GET.get("force") == "1"
        may = self.may_be_forced(task) if forced else self.may_be_replayed(task)
        if not may or not self.has_change_permission(request):
            raise PermissionDenied
        if not is_confirmed(request):
            return ask(
                self,
                request,
                title=gettext("Replay tasks"),
                question=self.question(forced=forced),
                label=gettext("Yes, do it"),
                records=[task],
                back_url=url,
            )
        self.do_replay(request, self.get_queryset(request).filter(pk=task.pk), forced=forced)
        return HttpResponseRedirect(url)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return a task's page, with what may be done with it."""
        task = self.get_object(request, object_id)
        may = task is not None and self.has_change_permission(request)
        context = {
            **(extra_context or {}),
            "may_replay": may and self.may_be_replayed(task),
            "may_force": may and self.may_be_forced(task),
        }
        return super().change_view(request, object_id, form_url, context)


def first_of(queryset: QuerySet[Any]) -> QuerySet[Any]:
    """Return as many of them as one confirmation is for."""
    keys = list(queryset.values_list("pk", flat=True)[:MOST_AT_ONCE])
    model: type[Model] = queryset.model
    return model._default_manager.using(queryset.db).filter(pk__in=keys)
