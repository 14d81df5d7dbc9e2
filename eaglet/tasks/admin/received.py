"""List in the admin what was received, and what is parked."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from eaglet.tasks.admin import overview
from eaglet.tasks.admin.base import TaskAdmin
from eaglet.tasks.admin.filters import CauseFilter, ChangedFilter, QueueFilter
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.receiving.stored_message import StoredMessage

State = ReceivedTask.State


@admin.register(ReceivedTask)
class ReceivedTaskAdmin(TaskAdmin):
    """Show what was received, to be replayed."""

    list_display = (
        "short_id", "queue_name", "state_word", "age", "runtime", "attempts", "worker",
        "short_cause",
    )  # fmt: skip
    list_filter = ("state", ChangedFilter, CauseFilter, QueueFilter)
    cause_column, text_column = "cause", "message"
    failed_states = (State.PARKED, State.RETRYING)
    colours = {
        State.DONE: "good",
        **dict.fromkeys((State.PARKED, State.RETRYING), "bad"),
        **dict.fromkeys((State.STARTED, State.REPLAYED, State.WAITING), "busy"),
    }
    fields = (
        "task_id", "queue_name", "state", "life", "redacted_arguments", "attempts", "worker",
        "request_id", "traceparent",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("replay", "force")

    def get_urls(self) -> list[URLPattern]:
        """Return the page of queues too."""
        return [*overview.urls(self.admin_site), *super().get_urls()]

    @admin.display(description=_("runtime"))
    def runtime(self, task: ReceivedTask) -> str:
        """Return how many seconds it ran, or has run."""
        seconds = task.runtime()
        return "–" if seconds is None else f"{seconds:.3g} s"

    # Parked, or replayed and not taken since.
    replayable = (State.PARKED, State.REPLAYED)
    forcible = skipped = (State.DONE,)
    question = _("Publish these tasks again? What is done already is not done again.")
    forced_question = _("Publish these tasks again, and have them done again if they are done?")

    def arguments_of(self, task: ReceivedTask) -> Any:
        """Return the arguments."""
        return StoredMessage.from_text(task.message).arguments

    @admin.action(
        description=_("Replay selected tasks, even if they are done"), permissions=["change"]
    )
    def force(self, request: HttpRequest, queryset: QuerySet[ReceivedTask]) -> HttpResponse | None:
        """Have tasks done again, once that is confirmed."""
        return self.replay(request, queryset, forced=True)

    def told(self, count: int) -> str:
        """Return how many a worker is to publish again."""
        said = ngettext("%(count)d task replayed.", "%(count)d tasks replayed.", count)
        return said % {"count": count}
