"""Who may see how the service is built: its console, OpenAPI document and metrics.

Everybody with DEBUG, else staff; EAGLET_CONSOLE says otherwise. Who is staff only Django's own
session login tells: where that is not installed, nobody is.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Final
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
from eaglet.api.transactions import outside_transactions
from eaglet.conf import conf

STAFF: Final = "staff"
"""A value of EAGLET_CONSOLE beside None, True and False; any other means nobody."""

View = Callable[..., HttpResponseBase]


def is_open() -> bool:
    """Tell whether everybody has access."""
    return _setting() is True


def is_closed() -> bool:
    """Tell whether nobody has access: by EAGLET_CONSOLE, or as nobody can be told to be staff."""
    return _setting() is False or (not is_open() and not _knows_staff())


def has_access(request: HttpRequest) -> bool:
    """Tell whether whoever sends a request has access."""
    user = getattr(request, "user", None)
    return is_open() or bool(
        not is_closed()
        and getattr(user, "is_authenticated", False)
        and getattr(user, "is_active", False)
        and getattr(user, "is_staff", False)
    )


def _setting() -> Any:
    value: object = conf.EAGLET_CONSOLE
    if value is None:
        return True if settings.DEBUG else STAFF
    # Not by equality: 1 is none of the values.
    return value if value is True or value == STAFF else False


def _knows_staff() -> bool:
    return apps.is_installed("django.contrib.auth") and apps.is_installed("django.contrib.sessions")


def refuse(request: HttpRequest) -> HttpResponseBase:
    """Answer those who have no access: 403, or 404 where nobody has."""
    exception = NotFound() if is_closed() else PermissionDenied()
    response = responses.write(responses.of_exception(exception), request)
    return responses.without_body(response) if request.method == "HEAD" else response


def staff_view(view: View) -> View:
    """Answer a machine's view only to those who have access; others by `refuse`.

    As all of eaglet's machine views it is exempt from CsrfViewMiddleware and
    LoginRequiredMiddleware; no cache may keep what it answers.
    """

    @functools.wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if has_access(request) else refuse(request)

    return outside_transactions(csrf_exempt(login_not_required(never_cache(answering))))


def staff_page(policy: str) -> Callable[[View], View]:
    """Answer a page to those who have access; others may log in to the admin, if there is one.

    Args:
        policy: the Content-Security-Policy of all it answers.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if has_access(request):
                response = view(request, *args, **kwargs)
            else:
                response = _to_login(request)
            response.headers["Content-Security-Policy"] = policy
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["X-Content-Type-Options"] = "nosniff"
            return response

        return outside_transactions(login_not_required(never_cache(require_safe(answering))))

    return decorate


def _to_login(request: HttpRequest) -> HttpResponseBase:
    user = getattr(request, "user", None)
    if not is_closed() and not getattr(user, "is_authenticated", False):
        try:
            login = reverse("admin:login")
        except NoReverseMatch:
            pass
        else:
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.path})}")
    return refuse(request)
