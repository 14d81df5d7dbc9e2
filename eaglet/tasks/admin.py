"""The admin's list of what was sent, and what waits to be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from eaglet.redaction import redact_values
from eaglet.tasks.models import OutboxTask

if TYPE_CHECKING:
    OutboxTaskModelAdmin = admin.ModelAdmin[OutboxTask]
else:
    OutboxTaskModelAdmin = admin.ModelAdmin


@admin.register(OutboxTask)
class OutboxTaskAdmin(OutboxTaskModelAdmin):
    """What was sent, read only: machines write it."""

    list_display = ("task_id", "queue_name", "state", "written_at", "sent_at", "attempts")
    list_filter = ("state", "queue_name")
    search_fields = ("task_id", "queue_name")
    ordering = ("-pk",)
    show_full_result_count = False
    fields = (
        "task_id", "queue_name", "state", "order_key", "redacted_arguments", "written_at",
        "not_before", "due_at", "sent_at", "parked_at", "attempts", "last_error",
    )  # fmt: skip
    readonly_fields = fields

    @admin.display(description=_("arguments"))
    def redacted_arguments(self, task: OutboxTask) -> str:
        """The arguments, without the values of secret names."""
        try:
            args = json.loads(task.arguments)
        except ValueError:
            return gettext("not readable")
        shown = redact_values({"args": args})["args"]
        return json.dumps(shown, ensure_ascii=False, indent=1)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """No: tasks are sent by `send_task`."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: what was sent can't be changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """No: what waits would be lost; what was sent is deleted after its retention."""
        return False
