"""OpenTelemetry's span of a call."""

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from eaglet.api import access_token_required
from eaglet.observability import spans, tracing
from tests.exported_spans import exported

__all__ = ["exported"]

pytestmark = pytest.mark.usefixtures("declared", "path_taken", "verifier")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def test_a_call_is_a_span_of_the_trace_that_came_in(client, declare, exported):
    declare(get=access_token_required()(lambda args: (404, "none")))
    client.get(
        "/shop/item/?secret=x",
        headers={
            "traceparent": f"00-{TRACE}-{PARENT}-01",
            "tracestate": "a=1",
            "Authorization": "Bearer good",
        },
    )
    (span,) = exported()
    assert (span.name, span.kind) == ("GET /shop/item/", trace.SpanKind.SERVER)
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.context.trace_state.get("a") == "1"
    assert dict(span.attributes) == {
        "http.request.method": "GET",
        "http.route": "/shop/item/",
        "http.response.status_code": 200,
        "url.path": "/shop/item/",
        "url.scheme": "http",
        "eaglet.code": 404,
        "eaglet.app_key": "key-of-good",
    }


def test_a_span_of_the_handlers_own_is_inside_and_is_the_parent_of_what_goes_out(
    client, declare, exported
):
    def get(args):
        with trace.get_tracer_provider().get_tracer("shop").start_as_current_span("work") as span:
            own = f"{span.get_span_context().span_id:016x}"
            return own in tracing.current().headers()["traceparent"]

    declare(get=get)
    assert client.get("/shop/item/").json()["data"] is True
    inner, outer = exported()
    assert inner.parent.span_id == outer.context.span_id


def test_a_span_that_is_there_already_is_the_parent(client, declare, exported):
    declare(get=lambda args: 1)
    with trace.get_tracer_provider().get_tracer("middleware").start_as_current_span("request"):
        client.get("/shop/item/", headers={"traceparent": f"00-{TRACE}-{PARENT}-01"})
    inner, outer = exported()
    assert inner.parent.span_id == outer.context.span_id
    assert inner.kind == trace.SpanKind.INTERNAL


def test_a_fault_makes_the_span_an_error_and_stays_out_of_it(client, declare, exported):
    def get(args):
        raise RuntimeError("password=hunter2")

    declare(get=get)
    client.get("/shop/item/")
    (span,) = exported()
    assert span.status.status_code == trace.StatusCode.ERROR
    assert span.attributes["error.type"] == "500"
    assert "hunter2" not in span.to_json()


@pytest.mark.parametrize(
    ("sent", "query", "name", "attributes"),
    [
        ("POST", "?_method=put", "POST /shop/item/", ("POST", None, "PUT")),
        ("BREW", "", "HTTP /shop/item/", ("_OTHER", "BREW", "BREW")),
    ],
)
def test_the_method_is_that_of_the_request(
    client, declare, exported, sent, query, name, attributes
):
    declare(put=lambda args: 1)
    client.generic(sent, f"/shop/item/{query}")
    (span,) = exported()
    assert span.name == name
    names = ("http.request.method", "http.request.method_original", "eaglet.method")
    assert tuple(span.attributes.get(one) for one in names) == attributes


def test_how_long_it_took_is_a_histogram_of_the_conventions_name_and_buckets(
    client, declare, exported, monkeypatch
):
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("eaglet")
    made = meter.create_histogram(
        "http.server.request.duration", "s", explicit_bucket_boundaries_advisory=spans._SECONDS
    )
    monkeypatch.setitem(spans._DURATIONS, "server", made)
    declare(get=lambda args: 1)
    client.get("/shop/item/?secret=x")
    (metric,) = reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.data.data_points
    assert (metric.name, metric.unit, point.count) == ("http.server.request.duration", "s", 1)
    assert (point.explicit_bounds[0], point.explicit_bounds[-1]) == (0.005, 10)
    assert dict(point.attributes) == {
        "http.request.method": "GET",
        "http.route": "/shop/item/",
        "http.response.status_code": 200,
        "url.scheme": "http",
    }


def test_a_resource_that_is_not_there_has_a_span_without_what_the_caller_sent(client, exported):
    client.get("/any/thing/")
    assert exported()[0].name == "GET /<app>/<resource>/"


def test_the_provider_that_a_project_sets_is_found(run_python):
    program = """
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["rest_framework", "eaglet.api"], ROOT_URLCONF="eaglet.api.urls",
                   SECRET_KEY="x", ALLOWED_HOSTS=["*"])
django.setup()
from django.test import Client
from eaglet.api import ApiResource
from eaglet.observability import spans
class Item(ApiResource):
    app, resource = "shop", "item"
    def get(args):
        return 1
assert not spans.wanted()
Client().get("/shop/item/")
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
Client().get("/shop/item/")
print(*(span.name for span in exporter.get_finished_spans()))
"""
    finished = run_python(program)
    assert finished.stdout.strip() == "GET /shop/item/", finished.stderr
