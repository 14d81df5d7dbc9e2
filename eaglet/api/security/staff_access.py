"""Who may see how the service is built: its console, OpenAPI, browsable page and metrics.

Everybody with DEBUG, else staff; EAGLET_CONSOLE says otherwise. Who is staff only Django's own
session login tells: where that is not installed, nobody is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from rest_framework.exceptions import NotFound, PermissionDenied

from eaglet.api import responses
from eaglet.conf import conf

STAFF: Final = "staff"
"""A value of EAGLET_CONSOLE beside None, True and False; any other shuts what it governs."""

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def is_open() -> bool:
    """Whether everybody may see it."""
    return _choice() is True


def is_shut() -> bool:
    """Whether nobody may see it: by EAGLET_CONSOLE, or as nobody can be told to be staff."""
    choice = _choice()
    return choice is False or (choice == STAFF and not _knows_staff())


def may_see(request: HttpRequest) -> bool:
    """Whether whoever sends a request may see it.

    Asked of a request once: an access token replaces its user later on.
    """
    choice = _choice()
    if choice is True or is_shut():
        return choice is True
    verdict: bool | None = getattr(request, "_eaglet_is_staff", None)
    if verdict is None:
        verdict = _is_staff(request)
        request._eaglet_is_staff = verdict  # type: ignore[attr-defined]
    return verdict


def _choice() -> Any:
    choice: object = conf.EAGLET_CONSOLE
    if choice is None:
        return True if settings.DEBUG else STAFF
    # Not by equality: 1 is none of the values.
    return choice if choice is True or choice == STAFF else False


def _knows_staff() -> bool:
    return apps.is_installed("django.contrib.auth") and apps.is_installed("django.contrib.sessions")


def _is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)
    return bool(
        getattr(user, "is_authenticated", False)
        and getattr(user, "is_active", False)
        and getattr(user, "is_staff", False)
    )


def refusal(request: HttpRequest) -> HttpResponseBase:
    """The answer to those who may not see it: 403, or 404 where nobody may."""
    exception = NotFound() if is_shut() else PermissionDenied()
    response = responses.write(responses.of_exception(exception), request)
    return responses.without_body(response) if request.method == "HEAD" else response


def disclosing(view: View) -> View:
    """Answer a machine's view only to those who may see it; `refusal` to others.

    As all of eaglet's machine views it is exempt from CsrfViewMiddleware and
    LoginRequiredMiddleware; no cache may keep what it answers.
    """

    @functools.wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if may_see(request) else refusal(request)

    return csrf_exempt(login_not_required(never_cache(answering)))  # type: ignore[return-value]


def disclosed_page(policy: str) -> Callable[[View], View]:
    """Answer those who may see it; others may log in to the admin, if there is one.

    Args:
        policy: the Content-Security-Policy of all it answers.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if may_see(request):
                response = view(request, *args, **kwargs)
            else:
                response = _turn_away(request)
            response.headers["Content-Security-Policy"] = policy
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return login_not_required(never_cache(require_safe(answering)))  # type: ignore[return-value]

    return decorate


def _turn_away(request: HttpRequest) -> HttpResponseBase:
    user = getattr(request, "user", None)
    if not is_shut() and not getattr(user, "is_authenticated", False):
        try:
            login = reverse("admin:login")
        except NoReverseMatch:
            pass
        else:
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.path})}")
    return refusal(request)
