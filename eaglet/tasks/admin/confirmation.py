"""Asking before something is done: a page that says what will happen, and a button."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

CONFIRMED: Final = "confirmed"
MOST_SHOWN: Final = 20
MOST_AT_ONCE: Final = 1000
"""Rows that one confirmation is for, at most."""


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the question was answered with yes."""
    return request.method == "POST" and request.POST.get(CONFIRMED) == "yes"


def ask(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: str,
    question: str,
    records: Iterable[Any],
    count: int,
    back_url: str,
) -> HttpResponse:
    """A page with a question, and a button that posts to the same address."""
    names = ("action", "select_across", "index")
    hidden = [(name, request.POST[name]) for name in names if name in request.POST]
    hidden += [
        (ACTION_CHECKBOX_NAME, value) for value in request.POST.getlist(ACTION_CHECKBOX_NAME)
    ]
    shown = [str(record) for record in records]
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "records": shown,
        "more": count - len(shown),
        "hidden": [*hidden, (CONFIRMED, "yes")],
        "back_url": back_url,
    }
    return TemplateResponse(request, "admin/eaglet_tasks/confirm.html", context)


def ask_about_selected(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    title: str,
    question: str,
) -> HttpResponse | None:
    """The page that asks about a list's action; None if that was answered already."""
    if is_confirmed(request):
        return None
    return ask(
        model_admin,
        request,
        title=title,
        question=question,
        records=queryset[:MOST_SHOWN],
        count=min(queryset.count(), MOST_AT_ONCE),
        back_url=request.get_full_path(),
    )


def log_changes(request: HttpRequest, queryset: QuerySet[Any], message: str) -> None:
    """Note the same change for every record in the admin's history."""
    LogEntry.objects.log_actions(
        user_id=request.user.pk,  # type: ignore[arg-type]
        queryset=queryset,
        action_flag=CHANGE,
        change_message=message,
    )


def replay_title() -> str:
    """What the page is called."""
    return gettext("Replay tasks")
