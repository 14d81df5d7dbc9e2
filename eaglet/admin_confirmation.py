"""Ask before an admin page does something, and note in the history what it did.

Each app has a template for its questions, `admin/<label>/confirm.html`. Imported only where the
admin is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

MOST_SHOWN: Final = 20
"""Records that a question about selected ones names, at most."""

MOST_AT_ONCE: Final = 1000
"""Records that one confirmation is for, at most."""

_CONFIRMED: Final = "confirmed"
_SELECTION: Final = ("action", "select_across", "index")


class MachineWrittenAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Show rows that machines write; whoever may change them has the actions, and edits none."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: machines add them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the actions may be used; no row may be edited."""
        return obj is None and super().has_change_permission(request)


def is_confirmed(request: HttpRequest) -> bool:
    """Return whether the question was answered with yes."""
    return request.method == "POST" and request.POST.get(_CONFIRMED) == "yes"


def ask(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: str,
    question: str,
    label: str,
    back_url: str,
    crumb: str = "",
    records: Iterable[Any] = (),
    count: int = 0,
    form: forms.Form | None = None,
) -> HttpResponse:
    """Return a page with a question, and a button that posts to the same address.

    A list's selection is posted along. Without a `label` for the button there is nothing to be done
    but to go back: to the record named `crumb`, say. `records` is what it is about, where that is
    several, and `count` how many those are, where it does not hold all.
    """
    request.current_app = model_admin.admin_site.name
    selection = [(name, request.POST[name]) for name in _SELECTION if name in request.POST]
    selection += [(ACTION_CHECKBOX_NAME, pk) for pk in request.POST.getlist(ACTION_CHECKBOX_NAME)]
    shown = [str(record) for record in records]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "label": label,
        "back_url": back_url,
        "crumb": crumb,
        "hidden": [*selection, (_CONFIRMED, "yes")],
        "records": shown,
        "more": max(count - len(shown), 0),
        "form": form,
    }
    template = f"admin/{model_admin.opts.app_label}/confirm.html"
    return TemplateResponse(request, template, context)


def ask_about_selected(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    title: str,
    question: str,
    back_url: str = "",
) -> HttpResponse | None:
    """Return the page that asks about a list's action; None if that was answered with yes."""
    if is_confirmed(request):
        return None
    return ask(
        model_admin,
        request,
        title=title,
        question=question,
        label=gettext("Yes, do it"),
        back_url=back_url or request.get_full_path(),
        records=queryset[:MOST_SHOWN],
        count=min(queryset.count(), MOST_AT_ONCE),
    )


def change_selected(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    change: Callable[[Any], int],
    history: str,
    told: Callable[[int], str],
    **asked: str,
) -> HttpResponse | None:
    """Ask about records, change the first MOST_AT_ONCE, tell how many, and note it in the history.

    `change` gets them as a QuerySet and returns how many it has changed; `asked` is what
    `ask_about_selected` takes. Return the page that asks, or None once it is done.
    """
    if page := ask_about_selected(model_admin, request, queryset, **asked):
        return page
    with transaction.atomic(using=queryset.db):
        keys = list(queryset.values_list("pk", flat=True)[:MOST_AT_ONCE])
        records = queryset.model._default_manager.using(queryset.db).filter(pk__in=keys)
        LogEntry.objects.log_actions(
            user_id=request.user.pk,  # type: ignore[arg-type]
            queryset=records,
            action_flag=CHANGE,
            change_message=history,
        )
        count = change(records)
    level = messages.SUCCESS if count else messages.WARNING
    model_admin.message_user(request, told(count), level)
    return None
