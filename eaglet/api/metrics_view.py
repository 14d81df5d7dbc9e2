"""`/metrics`: what is counted, for Prometheus."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from rest_framework.exceptions import NotFound

from eaglet import metrics
from eaglet.api import answers
from eaglet.api.disclosure import disclosing


@disclosing
def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answer with every metric in Prometheus's text format; 404 without prometheus_client."""
    if not metrics.ENABLED:
        missing = NotFound("metrics need prometheus_client: pip install 'eaglet[metrics]'")
        return answers.write(answers.of_exception(missing), request)
    text, media_type = metrics.exposition()
    return HttpResponse(text, content_type=media_type)
