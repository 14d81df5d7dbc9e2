"""The request id, the trace and the deadline of a call."""

import pytest

from eaglet import deadline
from eaglet.observability import tracing

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def test_a_handler_sees_the_trace_that_came_in(client, declare):
    def get(args):
        trace = tracing.current()
        return [trace.trace_id, trace.request_id, trace.headers()["tracestate"]]

    declare(get=get)
    response = client.get(
        "/shop/item/",
        headers={
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
            "tracestate": "a=1",
            "X-Request-ID": "abc",
        },
    )
    assert response.json()["data"] == [TRACE, "abc", "a=1"]
    assert response["X-Request-ID"] == "abc"


def test_a_request_id_that_is_odd_is_replaced(client, declare):
    declare(get=lambda args: tracing.current().request_id)
    response = client.get("/shop/item/", headers={"X-Request-ID": "a b"})
    assert response["X-Request-ID"] == response.json()["data"] != "a b"


def test_a_trace_ends_with_its_call(client, declare):
    declare(get=lambda args: tracing.current().trace_id, post=lambda args: 1 / 0)
    client.get("/shop/item/", headers={"X-Request-ID": "abc"})
    client.post("/shop/item/", headers={"X-Request-ID": "abc"})
    assert tracing.current() is None


def test_a_handler_sees_the_time_that_is_left(client, declare):
    declare(get=lambda args: deadline.remaining())
    response = client.get("/shop/item/", headers={"X-Request-Timeout-Ms": "5000"})
    assert 3 < response.json()["data"] <= 5
    assert client.get("/shop/item/").json()["data"] is None
    assert deadline.remaining() is None


@pytest.mark.parametrize("value", ["", "abc", "-5", "1.5", "1e3", "+1", "9" * 13, "٣", " 5"])
def test_a_deadline_that_is_odd_is_none(client, declare, value):
    declare(get=lambda args: deadline.remaining())
    response = client.get("/shop/item/", headers={"X-Request-Timeout-Ms": value})
    assert response.json()["data"] is None
