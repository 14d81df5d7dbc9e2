"""The ids of an HTTP call go with the tasks it sends, into their rows, messages and handlers."""

import logging

import pytest
from celery.utils.log import ColorFormatter

from eaglet.api import ApiResource
from eaglet.api.dispatch.plan import clear_compiled
from eaglet.observability import tracing
from eaglet.tasks import send_task, task
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving.tracing import TracedFormatter
from eaglet.tasks.testing import inline_tasks

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
HEADERS = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "X-Request-ID": "r-1"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(client, declared, queue):
    """Make an HTTP call whose resource sends a task."""

    class APoint(ApiResource):
        app = "shop"
        resource = "point"

        def post(args):
            return send_task(queue, {"n": 1})

    clear_compiled()
    return lambda **headers: client.post("/shop/point/", headers=headers).json()["data"]


@pytest.mark.django_db(transaction=True)
def test_they_travel_in_headers_beside_the_arguments(call, received, queue):
    call(**HEADERS)
    [(headers, body)] = received(queue)
    assert headers["eaglet_request_id"] == "r-1"
    row = OutboxTask.objects.get()
    assert (row.request_id, row.traceparent) == ("r-1", headers["traceparent"])
    _, trace_id, span_id, _ = row.traceparent.split("-")
    assert (trace_id, span_id != "00f067aa0ba902b7") == (TRACE, True)
    assert body[0] == [{"n": 1}]


def test_handler_ledger_and_what_is_sent_on_have_them(call, queue):
    @task(queue)
    def changed(args):
        send_task(f"{queue}.next", {})
        return [tracing.current().request_id, tracing.current().headers()["traceparent"]]

    with inline_tasks() as ran:
        call(**HEADERS)
    request_id, traceparent = ran[0].result
    assert (request_id, traceparent.split("-")[1]) == ("r-1", TRACE)
    row = ReceivedTask.objects.get()
    assert (row.request_id, row.traceparent.split("-")[1]) == ("r-1", TRACE)
    sent_on = OutboxTask.objects.get(queue_name=f"{queue}.next")
    assert (sent_on.request_id, sent_on.traceparent.split("-")[1]) == ("r-1", TRACE)


def test_outside_of_a_call_a_task_begins_a_trace_of_its_own(queue):
    @task(queue)
    def changed(args):
        return tracing.current().request_id

    first, second = (changed.apply(args=[{}], task_id=str(n)).result for n in range(2))
    assert first
    assert first != second
    assert tracing.current() is None


def test_malformed_ids_are_replaced(queue):
    @task(queue)
    def changed(args):
        return [tracing.current().request_id, tracing.current().trace_id]

    for value in ("a b", "x" * 2000, {"a": 1}):
        headers = {"eaglet_request_id": value, "traceparent": value}
        request_id, trace_id = changed.apply(args=[{}], headers=headers).result
        assert value not in (request_id, trace_id)
        assert len(trace_id) == 32


def test_log_lines_of_a_worker_have_them_and_no_secrets():
    formatter = TracedFormatter(ColorFormatter("%(levelname)s %(message)s"))
    record = logging.makeLogRecord({"levelname": "INFO", "msg": "token=hush\nsecond line"})
    assert formatter.format(record) == "INFO token=***\nsecond line"
    with tracing.tracing(tracing.Trace(HEADERS["traceparent"], None, "r-1")):
        first, second = formatter.format(record).splitlines()
    assert first == f"INFO token=*** [request_id=r-1 trace_id={TRACE}]"
    assert second == "second line"
