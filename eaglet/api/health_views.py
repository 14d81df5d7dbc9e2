"""Health: `/healthz` says that the process answers, `/readyz` that what it needs is there."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import Throttled

from eaglet.api import answers
from eaglet.api.json_response import JsonBytesResponse
from eaglet.api.throttling import check_project_throttles
from eaglet.encoding import to_json
from eaglet.health import run_probes

View = Callable[[HttpRequest], HttpResponse]


def _health_view(view: View) -> View:
    """Open to everybody: of what the project names for all its views, only throttles apply."""

    @wraps(view)
    def throttled(request: HttpRequest) -> HttpResponse:
        try:
            check_project_throttles(request)
        except Throttled as refusal:
            return answers.write(answers.of_exception(refusal), request)
        return view(request)

    return csrf_exempt(login_not_required(never_cache(throttled)))


@_health_view
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200, touching nothing."""
    return JsonBytesResponse(b'{"status":"ok"}')


@_health_view
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 if every probe is in order, else 503; names only, no details."""
    results = run_probes()
    ready = all(result.ok for result in results)
    body = {
        "status": "ok" if ready else "unavailable",
        "checks": {result.name: "ok" if result.ok else "failed" for result in results},
    }
    return JsonBytesResponse(to_json(body), 200 if ready else 503)
