"""Pages for people that show how the service is built: the console's, and OpenAPI's."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from eaglet.api import disclosure

View = Callable[..., HttpResponseBase]


def disclosed_page(policy: str) -> Callable[[View], View]:
    """Answer those who may see it; others may log in to the admin, if there is one.

    Args:
        policy: the Content-Security-Policy of all it answers.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if disclosure.may_see(request):
                response = view(request, *args, **kwargs)
            else:
                response = _turn_away(request)
            response.headers["Content-Security-Policy"] = policy
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return login_not_required(never_cache(require_safe(answering)))

    return decorate


def _turn_away(request: HttpRequest) -> HttpResponseBase:
    user = getattr(request, "user", None)
    if not disclosure.is_shut() and not getattr(user, "is_authenticated", False):
        try:
            login = reverse("admin:login")
        except NoReverseMatch:
            pass
        else:
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.path})}")
    return disclosure.refusal(request)
