"""Who may see how the service is built: its console, OpenAPI document and metrics.

Everybody with DEBUG, else staff; EAGLET_CONSOLE says otherwise. Who is staff only Django's own
session login tells: where that is not installed, nobody is.
"""

import functools
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, Literal
from urllib.parse import urlencode

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe
from rest_framework.exceptions import NotFound, PermissionDenied

from eaglet.api import responses
from eaglet.api.request.transactions import machine_view
from eaglet.conf import conf

STAFF: Final = "staff"
"""A value of EAGLET_CONSOLE beside None, True and False; any other means nobody."""

# Nothing inline, and nothing from another host. A form is sent by the script alone: by itself it
# would put a secret into the URL.
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

View = Callable[..., HttpResponseBase]


def audience() -> Literal["everybody", "staff", "nobody"]:
    """Tell who has access: nobody also where nobody can be told to be staff."""
    value: object = conf.EAGLET_CONSOLE
    if value is None:
        value = bool(settings.DEBUG) or STAFF
    if value is True:  # not by equality: 1 is none of the values
        return "everybody"
    known = all(map(apps.is_installed, ("django.contrib.auth", "django.contrib.sessions")))
    return "staff" if value == STAFF and known else "nobody"


def has_access(request: HttpRequest) -> bool:
    """Tell whether whoever sends a request has access."""
    admitted = audience()
    if admitted != "staff":
        return admitted == "everybody"
    user = getattr(request, "user", None)
    needed = ("is_authenticated", "is_active", "is_staff")
    return all(getattr(user, name, False) for name in needed)


def refuse(request: HttpRequest) -> HttpResponseBase:
    """Answer those who have no access: 403, or 404 where nobody has."""
    exception = NotFound() if audience() == "nobody" else PermissionDenied()
    response = responses.write(responses.of_exception(exception), request)
    return responses.without_body(response) if request.method == "HEAD" else response


def staff_view(view: View, *, caching: Callable[[View], View] = never_cache) -> View:
    """Answer a machine's view only to those who have access; others by `refuse`.

    As all of eaglet's machine views it is exempt from CsrfViewMiddleware and
    LoginRequiredMiddleware; by default no cache may keep what it answers.
    """

    @functools.wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(request, *args, **kwargs) if has_access(request) else refuse(request)

    return machine_view(caching(answering))


def document_view(view: View) -> View:
    """Answer with a document as `staff_view` does, compressed.

    Whoever has it may ask whether it has changed, by its ETag (RFC 9110 §13.1.2).
    """
    return staff_view(
        require_safe(gzip_page(conditional_page(view))),
        caching=cache_control(private=True, no_cache=True),
    )


def staff_page(view: View) -> View:
    """Answer a page to those who have access; others may log in to the admin, if there is one."""

    @functools.wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(request, *args, **kwargs) if has_access(request) else _to_login(request)
        answer.headers["Content-Security-Policy"] = _POLICY
        answer.headers["Referrer-Policy"] = "no-referrer"
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return machine_view(never_cache(gzip_page(require_safe(answering))))


def staff_file(package: str, folder: str, name: str) -> HttpResponse:
    """Answer with a page's script or style, so that no web server has to know of them."""
    kind = "css" if name.endswith(".css") else "javascript"
    content = files(package).joinpath(folder, name).read_bytes()
    return HttpResponse(content, content_type=f"text/{kind}; charset=utf-8")


def _to_login(request: HttpRequest) -> HttpResponseBase:
    user = getattr(request, "user", None)
    if audience() == "staff" and not getattr(user, "is_authenticated", False):
        try:
            login = reverse("admin:login")
        except NoReverseMatch:
            pass
        else:
            return HttpResponseRedirect(f"{login}?{urlencode({'next': request.path})}")
    return refuse(request)
