"""Django REST framework's browsable page of a resource, for a person with a browser."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.core.signals import setting_changed
from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, BrowsableAPIRenderer, JSONRenderer
from rest_framework.request import Request

from eaglet.api.request.accept import accepted_types, matches
from eaglet.api.security import staff_access


def wants_page(request: HttpRequest) -> bool:
    """Whether a caller prefers HTML to JSON, and may have the page."""
    accept = request.META.get("HTTP_ACCEPT")
    if not accept or "html" not in accept:
        return False
    if not offered() or not accepted_types(request):
        return False
    if request.get_preferred_type(["application/json", "text/html"]) != "text/html":
        return False
    return staff_access.may_see(request)


def offered() -> bool:
    """Whether anybody may have the page, and its templates can be found."""
    return not staff_access.is_shut() and _has_templates()


@lru_cache(maxsize=1)
def _has_templates() -> bool:
    try:
        get_template("rest_framework/api.html")
    except TemplateDoesNotExist:
        return False
    return True


def _look_again(**kwargs: Any) -> None:
    _has_templates.cache_clear()


setting_changed.connect(_look_again, dispatch_uid="eaglet.api.dispatch.browsable")


def renderers() -> tuple[type[BaseRenderer], ...]:
    """The renderers where nobody names any: JSON, and the page where it is offered."""
    return (JSONRenderer, BrowsableAPIRenderer) if offered() else (JSONRenderer,)


def shown_to(
    request: HttpRequest, renderers: Sequence[type[BaseRenderer]]
) -> list[type[BaseRenderer]]:
    """The renderers without the page, unless the request's sender may have it.

    Whatever negotiation the project names, and though it may name the page's renderer too.
    """
    plain = [r for r in renderers if not issubclass(r, BrowsableAPIRenderer)]
    if len(plain) == len(renderers) or (offered() and staff_access.may_see(request)):
        return list(renderers)
    return plain or [JSONRenderer]


class Negotiation(DefaultContentNegotiation):
    """The renderer that the Accept header prefers; the page only for those who want it.

    A caller is never refused for its Accept header, and a parameter named `format` is left to
    the resource.
    """

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """The renderer and its media type."""
        http_request = request._request
        page = wants_page(http_request)
        choice = [r for r in renderers if isinstance(r, BrowsableAPIRenderer) is page]
        choice = choice or list(renderers)
        for accepted in accepted_types(http_request):
            for renderer in choice:
                media_type = str(renderer.media_type)
                if matches(accepted, media_type):
                    # A parameter may be the version that versioning looks for.
                    exact = accepted.params and accepted.sub_type != "*"
                    return renderer, str(accepted) if exact else media_type
        return choice[0], str(choice[0].media_type)
