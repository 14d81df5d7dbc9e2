"""`/openapi/`: the OpenAPI document as a page, by Swagger UI from drf-spectacular's sidecar.

The sidecar brings Swagger UI as files, so that the page needs no other host, and no static files
of the project. Redoc, which it brings too, would fetch a picture from elsewhere.
"""

from __future__ import annotations

from importlib.resources import files
from importlib.util import find_spec
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html

from eaglet.api.introspection import project_name
from eaglet.api.security.staff_access import staff_page

SIDECAR: Final = "drf_spectacular_sidecar"

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing inline, and nothing from another host."""

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{project}: OpenAPI</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<main id="swagger-ui" data-document="{document}"></main>
<script src="{bundle}"></script>
<script src="{start}"></script>
</html>
"""
# Without a validator, which would be another host.
_START: Final = """SwaggerUIBundle({
  domNode: document.getElementById("swagger-ui"),
  url: document.getElementById("swagger-ui").dataset.document,
  deepLinking: true,
  validatorUrl: null,
});
"""
_BUNDLE: Final = "swagger-ui-bundle.js"
_STYLE: Final = "swagger-ui.css"
_START_NAME: Final = "start.js"
_TYPES: Final = {_BUNDLE: "text/javascript", _STYLE: "text/css", _START_NAME: "text/javascript"}

_page: Final = staff_page(POLICY)


@_page
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
    return HttpResponse(
        format_html(
            _PAGE,
            project=project_name(),
            document=document,
            style=reverse("eaglet:openapi-file", args=[_STYLE]),
            bundle=reverse("eaglet:openapi-file", args=[_BUNDLE]),
            start=reverse("eaglet:openapi-file", args=[_START_NAME]),
        )
    )


@_page
def file(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer with a file the page needs: served here, so that no web server has to know of it."""
    if name not in _TYPES or find_spec(SIDECAR) is None:
        raise Http404
    if name == _START_NAME:
        content = _START.encode()
    else:
        content = files(SIDECAR).joinpath("static", SIDECAR, "swagger-ui-dist", name).read_bytes()
    return HttpResponse(content, content_type=f"{_TYPES[name]}; charset=utf-8")
