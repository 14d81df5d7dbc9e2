"""Have pages of sent and of received tasks read, and replayed."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.admin_confirmation import MachineWrittenAdmin, change_selected
from eaglet.tasks.admin.search import find
from eaglet.tasks.admin.timeline import shown_json, steps_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class KeysFirst(Paginator):  # type: ignore[type-arg]
    """Find a page's rows in an index, and read those alone: sorting whole rows takes longer."""

    def page(self, number: Any) -> Any:
        """Return the page."""
        page, tasks = super().page(number), cast("QuerySet[Any]", self.object_list)
        keys = list(cast("QuerySet[Any]", page.object_list).values_list("pk", flat=True))
        # Without what they were found by, lest that be looked through again.
        rows = tasks.model._default_manager.using(tasks.db).filter(pk__in=keys)
        page.object_list = rows.order_by(*tasks.query.order_by)
        return page


class TaskAdmin(MachineWrittenAdmin):
    """Show tasks, read only; whoever may change them may replay them."""

    show_full_result_count = False
    list_per_page = 30
    paginator = KeysFirst
    change_form_template = "admin/eaglet_tasks/task_change_form.html"
    change_list_template = "admin/eaglet_tasks/change_list.html"
    search_fields = ("task_id",)  # by `find`
    # The columns of the reason of a failure and of the arguments, and the states of what failed.
    cause_column = text_column = ""
    failed_states: Container[int] = ()
    # How each state looks: good, bad, or busy; others are plain.
    colours: Mapping[int, str] = {}
    # Tasks in these states may be replayed, and in those be done again; `question` is asked first.
    # The list's action passes over those that are `skipped`.
    replayable: Container[int] = ()
    skipped: Container[int] = ()
    forcible: Container[int] = ()
    question: StrOrPromise = ""
    forced_question: StrOrPromise = ""

    class Media:
        css = {"all": ("eaglet_tasks/admin.css",)}

    def get_ordering(self, request: HttpRequest) -> tuple[str]:
        """Return the order: of a state's, which an index has by that, the last changed first."""
        return ("-due_at" if "state__exact" in request.GET else "-pk",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return what `find` finds."""
        if not (term := search_term.strip()):
            return queryset, False
        arguments = (self.cause_column, self.text_column, self.arguments_of)
        return find(queryset, term, *arguments), False

    @admin.display(description=_("task id"), ordering="pk")
    def short_id(self, task: Any) -> str:
        """Return the end of the id, with all of it to be read by who points at it.

        What eaglet's ids begin with is the time, which tells few from each other.
        """
        return format_html('<span title="{}">…{}</span>', task.task_id, task.task_id[-8:])

    @admin.display(description=_("state"))
    def state_word(self, task: Any) -> str:
        """Return the state, coloured."""
        colour = self.colours.get(task.state, "plain")
        word = task.get_state_display()
        return format_html('<span class="eaglet-state eaglet-{}">{}</span>', colour, word)

    @admin.display(description=_("age"))
    def age(self, task: Any) -> str:
        """Return how long ago it was written, or received."""
        at = getattr(task, "written_at", None) or task.received_at
        words = timesince(at, depth=1)
        return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), at, words)

    @admin.display(description=_("cause"))
    def short_cause(self, task: Any) -> str:
        """Return the beginning of the cause."""
        return Truncator(getattr(task, self.cause_column)).chars(80)

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

    @admin.display(description=_("arguments"))
    def redacted_arguments(self, task: Any) -> str:
        """Return the arguments, without the values of secret names."""
        try:
            return shown_json(self.arguments_of(task))
        except (ValueError, TypeError, KeyError):
            return gettext("not readable")

    def arguments_of(self, task: Any) -> Any:
        """Return a task's. Raises ValueError, TypeError or KeyError for unreadable ones."""
        raise NotImplementedError

    def told(self, count: int) -> str:
        """Return how many were replayed, as a sentence."""
        raise NotImplementedError

    @admin.action(description=_("Replay selected tasks"), permissions=["change"])
    def replay(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        *,
        forced: bool = False,
        back_url: str = "",
    ) -> HttpResponse | None:
        """Ask whether to replay the selected tasks, and do it."""
        return change_selected(
            self,
            request,
            queryset if forced else queryset.exclude(state__in=self.skipped),
            title=gettext("Replay tasks"),
            question=str(self.forced_question if forced else self.question),
            back_url=back_url,
            change=lambda tasks: tasks.replay(force=forced),
            history=gettext("Replayed by force.") if forced else gettext("Replayed."),
            told=self.told,
        )

    def replay_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask whether to replay one task, and do it."""
        task = self.get_object(request, object_id)
        if task is None:
            raise Http404
        name = f"{self.opts.app_label}_{self.opts.model_name}_change"
        url = reverse(f"{self.admin_site.name}:{name}", args=[task.pk])
        forced = request.GET.get("force") == "1"
        states = self.forcible if forced else self.replayable
        if task.state not in states or not self.has_change_permission(request):
            raise PermissionDenied
        this = self.get_queryset(request).filter(pk=task.pk)
        page = self.replay(request, this, forced=forced, back_url=url)
        return page or HttpResponseRedirect(url)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Return a task's page, with what may be done with it."""
        task: Any = self.get_object(request, object_id)
        if task and self.has_change_permission(request):
            may = {
                "may_replay": task.state in self.replayable,
                "may_force": task.state in self.forcible,
            }
            extra_context = {**(extra_context or {}), **may}
        return super().change_view(request, object_id, form_url, extra_context)
