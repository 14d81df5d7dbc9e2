"""`/metrics`: what is counted, for Prometheus."""

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import APIException

from eaglet.api import responses
from eaglet.api.request.args import Args
from eaglet.api.request.client_address import is_from
from eaglet.api.request.transactions import machine_view
from eaglet.api.security.authentication import bearer_token, require_token
from eaglet.api.security.staff_access import has_access, refuse
from eaglet.conf import conf
from eaglet.observability import metrics
from eaglet.observability.redaction import Concealed

GRANT = "eaglet.metrics:get"
"""What lets an app read them, which are no resource."""


@machine_view
@never_cache
def metrics_view(request: HttpRequest) -> HttpResponseBase:
    """Answer with every metric in Prometheus's text format, to those who may see them.

    They are those who may see the console, the networks of EAGLET_METRICS_NETWORKS, and whoever has
    EAGLET_METRICS_TOKEN, or the access token of an app with the grant, as a bearer token.
    """
    if not (has_access(request) or is_from(request, tuple(conf.EAGLET_METRICS_NETWORKS))):
        token, own = bearer_token(request), Concealed(conf.EAGLET_METRICS_TOKEN or "")
        if not token:
            return refuse(request)
        if not (own and constant_time_compare(token, own)):
            try:
                require_token((GRANT,), Args(request), request, in_parameter=False)
            except ImproperlyConfigured:  # nothing here knows access tokens
                return refuse(request)
            except APIException as refusal:
                return responses.write(responses.of_exception(refusal), request)
    text, media_type = metrics.exposition()
    return HttpResponse(text, content_type=media_type)
