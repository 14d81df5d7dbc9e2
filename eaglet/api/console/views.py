"""The pages of the console and the landing page, and what they need."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import Context, Engine
from django.utils import translation
from django.utils.translation import gettext_lazy

from eaglet.api import registry, responses
from eaglet.api.console import catalogue
from eaglet.api.exceptions import TokenRefused
from eaglet.api.introspection import path_of, token_resource, url_of
from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.request.args import Args
from eaglet.api.request.conceal import conceal
from eaglet.api.security.authentication import identify
from eaglet.api.security.staff_access import document_view, staff_file, staff_page, staff_view
from eaglet.conf import conf
from eaglet.conf.naming import service_name
from eaglet.encoding import to_json

FOLDER: Final = Path(__file__).resolve().parent.parent / "templates" / "eaglet_api" / "console"
TASKS_PAGE: Final = "admin:eaglet_tasks_overview"
"""The page of tasks, where there are an admin and `eaglet.tasks`."""
LANGUAGES: Final = (("en", "English"), ("zh-hans", "中文"))


@staff_page
def landing(request: HttpRequest) -> HttpResponseBase:
    """Show where to go from the service's root, if the project has nothing there."""
    places = (
        (gettext_lazy("Console"), url_of("eaglet:console")),
        ("OpenAPI", url_of("eaglet:openapi.json")),
        (gettext_lazy("Admin"), url_of("admin:index")),
        (gettext_lazy("Tasks"), url_of(TASKS_PAGE)),
        (gettext_lazy("Health"), url_of("eaglet:healthz")),
        (gettext_lazy("Readiness"), url_of("eaglet:readyz")),
        (gettext_lazy("Metrics"), url_of("eaglet:metrics") if conf.EAGLET_METRICS else ""),
    )
    return _written(request, "landing.html", places=[place for place in places if place[1]])


@staff_page
def index(request: HttpRequest) -> HttpResponseBase:
    """Show the list of resources, which the page's script asks for."""
    return _written(request, "console.html", count=len([*registry.registered()]))


@document_view
def index_json(request: HttpRequest) -> HttpResponseBase:
    """Answer with every resource, as the list and the search need them."""
    return JsonBytesResponse(to_json(catalogue.list_resources()))


@staff_page
def resource_page(request: HttpRequest, app: str, resource: str) -> HttpResponseBase:
    """Show the same with one resource; the page's script takes that part out of it."""
    found = registry.lookup(app, resource)
    if found is None:
        raise Http404
    return _written(request, "console.html", shown=catalogue.describe(found))


@staff_view
def token_state(request: HttpRequest) -> HttpResponseBase:
    """Tell whose access token the Authorization header has, and until when; 401 for a bad one."""
    try:
        token: Any = identify(request, Args(request), in_parameter=False)
        if token is None:
            raise TokenRefused(sent=False)
        until = getattr(token, "expires_at", None)
        state = {"app": token.app.name, "until": until and until.timestamp()}
    except (TokenRefused, ImproperlyConfigured):  # or nothing here verifies any
        return responses.write(responses.of_exception(TokenRefused(sent=True)), request)
    finally:
        conceal(request)
    return JsonBytesResponse(to_json(state))


@staff_page
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with the script or the style, so that no web server has to know of them."""
    if name not in ("console.css", "console.js"):
        raise Http404
    return staff_file("eaglet.api", "static/eaglet_api", name)


@cache
def _engine() -> Engine:
    # One of its own, as a project may have no templates.
    return Engine(dirs=[str(FOLDER)], libraries={"i18n": "django.templatetags.i18n"}, debug=False)


def _written(request: HttpRequest, template: str, **shown: Any) -> HttpResponse:
    issuing = token_resource()
    # A project may do without LocaleMiddleware.
    language = request.GET.get("lang")
    if language not in dict(LANGUAGES):
        language = translation.get_language_from_request(request)
        language = language if language in dict(LANGUAGES) else LANGUAGES[0][0]  # of en-gb, en
    with translation.override(language):
        context = {
            "project": service_name(),
            "token_path": path_of(issuing) if issuing is not None else "",
            "tasks_path": url_of(TASKS_PAGE),
            "language": language,
            "languages": LANGUAGES,
            "chosen": (request.GET.get("lang") == language and language) or "",
            **shown,
        }
        page = _engine().get_template(template)
        response = HttpResponse(page.render(Context(context, use_l10n=False)))
    response.headers["Content-Language"] = language
    return response
