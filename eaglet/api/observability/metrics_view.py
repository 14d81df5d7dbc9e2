"""`/metrics`: what is counted, for Prometheus."""

from django.http import HttpRequest, HttpResponse

from eaglet.api.security.staff_access import staff_view
from eaglet.observability import metrics


@staff_view
def metrics_view(request: HttpRequest) -> HttpResponse:
    """Answer with every metric in Prometheus's text format."""
    text, media_type = metrics.exposition()
    return HttpResponse(text, content_type=media_type)
