"""The pages of the console, and the two files they need."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation

from eaglet.api import registry
from eaglet.api.console import catalogue, pages
from eaglet.api.introspection import path_of, project_name, token_resource
from eaglet.api.security.staff_access import staff_page

LANGUAGES: Final = (("en", "English"), ("zh-hans", "中文"))

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src data:",
        "connect-src 'self'",
        # A form is sent by the script alone; by itself it would put a secret into the URL.
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, and nothing from another host."""

_FILES: Final = {"console.css": "text/css", "console.js": "text/javascript"}


_page: Final = staff_page(POLICY)


@_page
def index(request: HttpRequest) -> HttpResponseBase:
    """Show the list of resources."""
    return _written(request, None)


@_page
def resource_page(request: HttpRequest, app: str, resource: str) -> HttpResponseBase:
    """Show the same with one resource; the page's script takes that part out of it."""
    found = registry.lookup(app, resource)
    if found is None:
        raise Http404
    return _written(request, catalogue.describe(found))


@_page
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with the script or the style, so that no web server has to know of them."""
    if name not in _FILES:
        raise Http404
    content = files("eaglet.api").joinpath("static/eaglet_api", name).read_bytes()
    return HttpResponse(content, content_type=f"{_FILES[name]}; charset=utf-8")


def _written(request: HttpRequest, shown: catalogue.ResourceDetail | None) -> HttpResponse:
    issuing = token_resource()
    # A project may do without LocaleMiddleware.
    language = request.GET.get("lang")
    if language not in dict(LANGUAGES):
        language = translation.get_language_from_request(request)
    with translation.override(language):
        html = pages.render(
            "console.html",
            {
                "project": project_name(),
                "resources": catalogue.list_resources(),
                "shown": shown,
                "token_path": path_of(issuing) if issuing is not None else "",
                "language": translation.get_language(),
                "languages": LANGUAGES,
                "chosen": (request.GET.get("lang") == language and language) or "",
                "texts": pages.texts(),
            },
        )
    response = HttpResponse(html)
    response.headers["Content-Language"] = language
    return response
