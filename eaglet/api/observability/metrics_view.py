"""`/metrics`: what is counted, for Prometheus."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import NotFound

from eaglet.api import responses
from eaglet.api.security.staff_access import staff_view
from eaglet.observability import metrics


@staff_view
def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answer with every metric in Prometheus's text format; 404 without prometheus_client."""
    if not metrics.ENABLED:
        missing = NotFound("metrics need prometheus_client: pip install 'eaglet[metrics]'")
        return responses.write(responses.of_exception(missing), request)
    text, media_type = metrics.exposition()
    return HttpResponse(text, content_type=media_type)
