"""The pages of the console, and the two files they need."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template import Context, Engine
from django.utils import translation

from eaglet.api import registry
from eaglet.api.console import catalogue
from eaglet.api.introspection import path_of, token_resource
from eaglet.api.security.staff_access import staff_file, staff_page
from eaglet.conf.naming import service_name

FOLDER: Final = Path(__file__).resolve().parent.parent / "templates" / "eaglet_api" / "console"
LANGUAGES: Final = (("en", "English"), ("zh-hans", "中文"))


@staff_page
def index(request: HttpRequest) -> HttpResponseBase:
    """Show the list of resources."""
    return _written(request, None)


@staff_page
def resource_page(request: HttpRequest, app: str, resource: str) -> HttpResponseBase:
    """Show the same with one resource; the page's script takes that part out of it."""
    found = registry.lookup(app, resource)
    if found is None:
        raise Http404
    return _written(request, catalogue.describe(found))


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


def _written(request: HttpRequest, shown: dict[str, Any] | None) -> HttpResponse:
    issuing = token_resource()
    # A project may do without LocaleMiddleware.
    language = request.GET.get("lang")
    if language not in dict(LANGUAGES):
        language = translation.get_language_from_request(request)
    with translation.override(language):
        context = {
            "project": service_name(),
            "resources": catalogue.list_resources(),
            "shown": shown,
            "token_path": path_of(issuing) if issuing is not None else "",
            "language": translation.get_language(),
            "languages": LANGUAGES,
            "chosen": (request.GET.get("lang") == language and language) or "",
        }
        page = _engine().get_template("console.html")
        response = HttpResponse(page.render(Context(context, use_l10n=False)))
    response.headers["Content-Language"] = language
    return response
