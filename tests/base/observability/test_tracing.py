"""W3C Trace Context, and the request id."""

import re

import pytest

from eaglet.observability import tracing
from eaglet.observability.tracing import Trace

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"
TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@pytest.mark.parametrize(
    "traceparent",
    [
        f"00-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-00",
        f"cc-{TRACE}-{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01-what-the-future-brings",
        f"01-{TRACE}-{SPAN}-09-",
    ],
)
def test_a_well_formed_traceparent_is_carried_on(traceparent):
    trace = Trace(traceparent, "a=1,b=2")
    headers = trace.headers()
    match = TRACEPARENT.fullmatch(headers["traceparent"])
    assert match[1] == trace.trace_id == TRACE
    assert match[2] != SPAN
    assert headers["tracestate"] == "a=1,b=2"


@pytest.mark.parametrize(
    "traceparent",
    [
        None, "", "x", TRACE, f"00-{TRACE}-{SPAN}", f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01", f"00-{TRACE}-{'0' * 16}-01", f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}-{SPAN}-01", f"00-{TRACE}x-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01more",
        f" 00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-01\n", f"00_{TRACE}_{SPAN}_01",
        f"0x-{TRACE}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-0g", "00-" + "g" * 32 + f"-{SPAN}-01",
    ],
)  # fmt: skip
def test_any_other_starts_a_new_trace_without_its_state(traceparent):
    trace = Trace(traceparent, "a=1")
    assert re.fullmatch("[0-9a-f]{32}", trace.trace_id)
    assert trace.trace_id != TRACE
    headers = trace.headers()
    assert "tracestate" not in headers
    assert TRACEPARENT.fullmatch(headers["traceparent"])[1] == trace.trace_id


def test_every_call_on_has_a_span_of_its_own():
    trace = Trace(f"00-{TRACE}-{SPAN}-01")
    assert len({trace.headers()["traceparent"] for _ in range(10)}) == 10


@pytest.mark.parametrize("state", ["a=1\r\nX-Evil: 1", "a=\x00", "a=你", "\n"])
def test_a_tracestate_that_is_no_header_is_left_out(state):
    assert "tracestate" not in Trace(f"00-{TRACE}-{SPAN}-01", state).headers()


@pytest.mark.parametrize("request_id", ["abc", "a-b_c.d~e:f/g+h=i@j", "x" * 128, "7"])
def test_a_well_formed_request_id_is_kept(request_id):
    assert Trace(request_id=request_id).request_id == request_id


@pytest.mark.parametrize(
    "request_id", [None, "", " ", "a b", "x" * 129, "a\nb", "a\n", "<script>", "你", '"']
)
def test_any_other_request_id_is_replaced(request_id):
    trace = Trace(request_id=request_id)
    assert re.fullmatch("[0-9a-f]{32}", trace.request_id)


def test_a_block_of_work_has_its_trace_and_blocks_nest():
    outer, inner = Trace(), Trace()
    with tracing.tracing(outer):
        assert tracing.current() is outer
        with tracing.tracing(inner):
            assert tracing.current() is inner
        assert tracing.current() is outer
    assert tracing.current() is None


def test_a_request_s_meta_is_read_when_somebody_asks_and_once():
    token = tracing.enter({"HTTP_X_REQUEST_ID": "abc", "HTTP_TRACEPARENT": f"00-{TRACE}-{SPAN}-01"})
    try:
        assert tracing.current() is tracing.current()
        assert (tracing.current().request_id, tracing.current().trace_id) == ("abc", TRACE)
    finally:
        tracing.leave(token)
    assert tracing.current() is None
