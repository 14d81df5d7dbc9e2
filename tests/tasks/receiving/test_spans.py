"""OpenTelemetry's spans of a task, from who sends it to who runs it, and of calls to services."""

import pytest
from opentelemetry import trace
from opentelemetry.semconv._incubating.attributes import messaging_attributes
from opentelemetry.semconv.attributes import error_attributes, http_attributes, server_attributes

from eaglet.client import Resource
from eaglet.tasks import captured_tasks, send_task, task
from eaglet.tasks.models import OutboxTask
from tests.exported_spans import exported

__all__ = ["exported"]

KINDS = trace.SpanKind


def known(span, *modules):
    """The attributes of a span that its conventions know."""
    names = {value for module in modules for value in vars(module).values() if type(value) is str}
    return {name: value for name, value in span.attributes.items() if name in names}


@pytest.mark.django_db
@pytest.mark.parametrize("fails", [False, True])
def test_who_runs_a_task_is_linked_to_who_has_sent_it(exported, queue, fails, settings):
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 1

    @task(queue)
    def changed(args):
        if fails:
            raise RuntimeError("password=hunter2")

    with captured_tasks():
        task_id = send_task(queue, {})
    headers = {"traceparent": OutboxTask.objects.get().traceparent}
    changed.apply([{}], task_id=task_id, headers=headers)
    created, processed = exported()
    assert (created.name, created.kind) == (f"create {queue}", KINDS.PRODUCER)
    assert (processed.name, processed.kind) == (f"process {queue}", KINDS.CONSUMER)
    assert processed.links[0].context.span_id == created.context.span_id
    assert processed.parent.span_id == created.context.span_id
    for span, operation in ((created, "create"), (processed, "process")):
        told = known(span, messaging_attributes)
        assert told.pop("messaging.system")
        assert told == {
            "messaging.operation.name": operation,
            "messaging.operation.type": operation,
            "messaging.destination.name": queue,
            "messaging.message.id": task_id,
        }
    assert processed.attributes.get("error.type") == ("RuntimeError" if fails else None)
    assert "hunter2" not in processed.to_json()


def test_each_request_of_a_call_is_a_span_that_the_request_carries(
    exported, fake_services, settings
):
    settings.EAGLET_SERVICES = {"card": {"HOST": "http://card.example:8080/v1"}}
    fake_services.answers("card", "card.trade", data=1)
    fake_services.answers("card", "card.trade", status=503, body="", times=1)
    call = {"resource": "card.trade", "data": {"pin": "hunter2"}}
    Resource.use("card", raise_errors=True).get(call)
    first, second = exported()
    for span, call in zip((first, second), fake_services.calls, strict=True):
        assert (span.name, span.kind) == ("GET /v1/card/trade/", KINDS.CLIENT)
        assert call.headers["traceparent"].split("-")[2] == f"{span.context.span_id:016x}"
        assert span.attributes["url.full"] == "http://card.example:8080/v1/card/trade/"
        assert "hunter2" not in span.to_json()
    modules = (http_attributes, server_attributes, error_attributes)
    asked = {
        "http.request.method": "GET",
        "server.address": "card.example",
        "server.port": 8080,
    }
    failed = {"http.response.status_code": 503, "error.type": "503"}
    assert known(first, *modules) == {**asked, **failed}
    answered = {"http.response.status_code": 200, "http.request.resend_count": 1}
    assert known(second, *modules) == {**asked, **answered}
