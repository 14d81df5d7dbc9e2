"""Noting in the admin's history what was done to several records at once."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import models
from django.http import HttpRequest


def log_changes(request: HttpRequest, queryset: models.QuerySet[Any], message: str) -> None:
    """Note the same change for every record."""
    LogEntry.objects.log_actions(
        user_id=request.user.pk,  # type: ignore[arg-type]
        queryset=queryset,
        action_flag=CHANGE,
        change_message=message,
    )
