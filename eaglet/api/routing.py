"""From a path to a resource: one pattern and one look-up, however many resources there are."""

from collections.abc import Sequence
from logging import INFO
from time import perf_counter
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, URLPattern, URLResolver, path
from django.urls.resolvers import RoutePattern
from rest_framework.exceptions import NotFound

from eaglet.api import health, registry, responses
from eaglet.api.console import views as console
from eaglet.api.observability.calls import Observation, count, is_logged
from eaglet.api.observability.metrics_view import metrics_view
from eaglet.api.openapi import views as openapi
from eaglet.api.request.conceal import conceal
from eaglet.api.request.transactions import machine_view
from eaglet.conf import conf
from eaglet.observability import spans, tracing

ROUTE = "<str:app>/<str:resource>/"

_own_routes: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", metrics_view, name="metrics"),
    path("openapi.json", openapi.openapi_json, name="openapi.json"),
    path("asyncapi.json", openapi.asyncapi_json, name="asyncapi.json"),
    path("openapi/", openapi.page, name="openapi"),
    path("openapi/<str:name>", openapi.file, name="openapi-file"),
    path("", console.landing, name="landing"),
    path("console/", console.index, name="console"),
    path("console/index.json", console.index_json, name="console-index"),
    path("console/token", console.token_state, name="console-token"),
    path("console/<str:app>/<str:resource>/", console.resource_page, name="console-resource"),
    path("console/<str:name>", console.file, name="console-file"),
]


def contribute(patterns: Sequence[URLPattern | URLResolver]) -> None:
    """Add an app's routes to eaglet's own; called when the app is ready."""
    _own_routes.extend(patterns)


def own_routes() -> list[URLPattern | URLResolver]:
    """Return the routes of eaglet's own: health, and what the installed apps have added."""
    return _own_routes


class DeclaredResources(URLPattern):
    """Matches `app/resource/` and `app/resource` for the pairs that are declared."""

    def __init__(self) -> None:
        pattern = RoutePattern(ROUTE, name="resource", is_endpoint=True)
        super().__init__(pattern, no_such_resource, name="resource")
        self._matches: dict[str, ResolverMatch] = {}
        registry.on_change(self._matches.clear)

    def resolve(self, path: str) -> ResolverMatch | None:
        """Return the match for a path, with the view of its own resource; made once for each."""
        match = self._matches.get(path)
        if match is None:
            app, _, name = path.partition("/")
            resource = registry.lookup(app, name.removesuffix("/"))
            if resource is not None:
                match = self._matches[path] = ResolverMatch(
                    resource.as_view(), (), {}, "resource", route=ROUTE, captured_kwargs={},
                    extra_kwargs={},
                )  # fmt: skip
        return match


@machine_view
def no_such_resource(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
    """Answer for a resource that is not declared: 404."""
    began = perf_counter()
    with tracing.tracing(tracing.Trace.from_meta(request.META)):
        observation = None
        if is_logged(INFO) or spans.wanted():
            observation = Observation(request, **kwargs, is_declared=False)
        outcome = responses.of_exception(NotFound())
        response = responses.write(outcome, request, always_200=conf.EAGLET_ALWAYS_HTTP_200)
        method, seconds = request.method or "", perf_counter() - began
        if conf.EAGLET_METRICS:
            count("", "", method, response, seconds)
        if observation is not None:
            observation.end(method, response, seconds)
        conceal(request)
        return responses.without_body(response) if request.method == "HEAD" else response
