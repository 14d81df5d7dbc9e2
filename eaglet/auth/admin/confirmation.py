"""Asking before something is done: a page that says what will happen, and a button."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext

CONFIRMED = "confirmed"
"""The parameter by which a list's action knows that the question was answered."""


def ask(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    *,
    title: str,
    question: str,
    label: str,
    back_url: str,
    crumb: str = "",
    hidden: Iterable[tuple[str, str]] = (),
    records: Iterable[str] = (),
    form: forms.Form | None = None,
) -> HttpResponse:
    """A page with a question, and a button that posts to the same address.

    Args:
        model_admin: whose page it is.
        request: the request that is asked about.
        title: of the page.
        question: what is asked, as a whole sentence.
        label: of the button; without one there is nothing to be done but to go back.
        back_url: where to go instead.
        crumb: the name of the record, for the way there; it is at `back_url`.
        hidden: fields that are posted along.
        records: what it is about, where that is several.
        form: further fields.
    """
    request.current_app = model_admin.admin_site.name
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "label": label,
        "back_url": back_url,
        "crumb": crumb,
        "hidden": list(hidden),
        "records": list(records),
        "form": form,
    }
    return TemplateResponse(request, "admin/eaglet_auth/confirm.html", context)


def ask_about_selected(
    model_admin: admin.ModelAdmin[Any],
    request: HttpRequest,
    records: Iterable[Any],
    *,
    title: str,
    question: str,
) -> HttpResponse | None:
    """The page that asks about a list's action; None if that was answered already."""
    if request.POST.get(CONFIRMED) == "yes":
        return None
    records = list(records)
    hidden = [("action", request.POST["action"]), (CONFIRMED, "yes")]
    hidden += [(ACTION_CHECKBOX_NAME, str(record.pk)) for record in records]
    return ask(
        model_admin,
        request,
        title=title,
        question=question,
        label=gettext("Yes, do it"),
        back_url=request.get_full_path(),
        hidden=hidden,
        records=[str(record) for record in records],
    )
