"""`/openapi.json`, for those who may see how the service is built."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.security.staff_access import staff_view


@staff_view
@require_safe
def openapi_json(request: HttpRequest) -> HttpResponseBase:
    """Answer with the OpenAPI 3.1 document."""
    # It brings drf-spectacular, which most processes of a service never need.
    from eaglet.api.openapi import generator  # noqa: PLC0415

    content = generator.as_json(generator.document()).encode()
    response: HttpResponse = JsonBytesResponse(content)
    return response
