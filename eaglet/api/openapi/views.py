"""`/openapi.json`, `/asyncapi.json`, and `/openapi/`: the first as a page, by Swagger UI.

The sidecar brings Swagger UI as files, so that the page needs no other host, and no static files
of the project. Redoc, which it brings too, would fetch a picture from elsewhere.
"""

import functools
from importlib.resources import files
from importlib.util import find_spec
from typing import Final

from django.core.signals import setting_changed
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import get_language

from eaglet.api import registry
from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.security.staff_access import document_view, staff_file, staff_page
from eaglet.conf.naming import service_name
from eaglet.contracts import asyncapi
from eaglet.contracts.document import as_text

SIDECAR: Final = "drf_spectacular_sidecar"
_FILES: Final = {
    "swagger-ui-bundle.js": (SIDECAR, f"static/{SIDECAR}/swagger-ui-dist"),
    "swagger-ui.css": (SIDECAR, f"static/{SIDECAR}/swagger-ui-dist"),
    "openapi.css": ("eaglet.api", "static/eaglet_api"),
    "start.js": ("eaglet.api", "static/eaglet_api"),
}


@document_view
def openapi_json(request: HttpRequest) -> HttpResponseBase:
    """Answer with the OpenAPI 3.1 document."""
    return JsonBytesResponse(_openapi(get_language()))


@functools.cache
def _openapi(language: str | None) -> bytes:
    # It brings drf-spectacular, which most processes of a service never need.
    from eaglet.api.openapi import generator  # noqa: PLC0415

    return as_text(generator.document(), indent=None).encode()


def _clear(**kwargs: object) -> None:
    _openapi.cache_clear()


registry.on_change(_clear)
setting_changed.connect(_clear, dispatch_uid="eaglet.api.openapi.views")


@document_view
def asyncapi_json(request: HttpRequest) -> HttpResponseBase:
    """Answer with the AsyncAPI 3 document; 404 where `eaglet.tasks` is not installed."""
    document = asyncapi.own_document()
    if document is None:
        raise Http404
    return JsonBytesResponse(as_text(document).encode())


@staff_page
def page(request: HttpRequest) -> HttpResponseBase:
    """Show the page; 404 with what to install where the sidecar is not."""
    document = reverse("eaglet:openapi.json")
    if find_spec(SIDECAR) is None:
        return HttpResponse(
            "This page needs drf-spectacular's sidecar: pip install 'eaglet[swagger]'. "
            f"The document itself is at {document}.\n",
            status=404,
            content_type="text/plain; charset=utf-8",
        )
    names = zip(("bundle", "style", "colours", "start"), _FILES, strict=True)
    urls = {name: reverse("eaglet:openapi-file", args=[file]) for name, file in names}
    text = files("eaglet.api").joinpath("templates/eaglet_api/openapi.html").read_text()
    return HttpResponse(format_html(text, project=service_name(), document=document, **urls))


@staff_page
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with a file the page needs."""
    if name not in _FILES or find_spec(SIDECAR) is None:
        raise Http404
    return staff_file(*_FILES[name], name)
