"""What holds of tokens between processes, whatever they share them through.

Collected where a module imports it and gives the fixture `start`, which makes a process that
calls the service `card` at a URL, and shares tokens with the others.
"""

import secrets
import threading
import time

import pytest

from eaglet.client.tokens.cache import LEASE_WAIT_SECONDS

from ..recording_server import RecordingServer, TokenIssuer

PROCESSES, THREADS = 4, 50


@pytest.fixture
def service():
    server = RecordingServer()
    server.answer = server.issuer = TokenIssuer()
    yield server
    server.stop()


@pytest.fixture
def callers(start, service):
    """Starts processes that call `service`, and ends them."""
    started = []
    app_key = f"egk_{secrets.token_hex(4)}"  # a port may have been another test's

    # On a machine under load what takes a moment takes seconds.
    def callers(count=1, clock_ahead=0, patience=30):
        processes = [start(service.url, APP_KEY=app_key) for _ in range(count)]
        started.extend(processes)
        for process in processes:
            process.prepare(clock_ahead, patience)
        return processes

    yield callers
    for process in started:
        process.end()


def at_once(processes, name, *args):
    for process in processes:
        process.begin(name, *args)
    return [process.result() for process in processes]


def refusals(service):
    return sum(
        each.headers.get("Authorization", "")[7:] not in service.issuer.valid
        for each in service.calls
    )


def test_threads_of_processes_that_start_cold_ask_for_one_token(callers, service):
    service.issuer.before_issue = lambda: time.sleep(0.3)
    results = at_once(callers(PROCESSES), "call_in_threads", THREADS)
    assert results == [["secret data"] * THREADS] * PROCESSES
    assert len(service.token_requests) == 1


def test_when_a_token_is_revoked_they_ask_for_one_more(callers, service):
    processes = callers(PROCESSES)
    at_once(processes, "call")
    service.issuer.valid.clear()
    results = at_once(processes, "call_in_threads", 10)
    assert results == [["secret data"] * 10] * PROCESSES
    assert len(service.token_requests) == 2


def test_one_that_dies_while_it_asks_is_replaced(callers, service):
    dying, other = callers(2, patience=LEASE_WAIT_SECONDS)
    asked, over = threading.Event(), threading.Event()

    def before_issue():
        if not asked.is_set():
            asked.set()
            over.wait(30)

    service.issuer.before_issue = before_issue
    dying.begin("call")
    assert asked.wait(10)
    dying.end()
    assert other.call() == "secret data"
    over.set()
    assert len(service.token_requests) == 2


def test_one_that_waits_long_for_the_service_keeps_the_others_for_a_second(callers, service):
    processes = callers(2, patience=LEASE_WAIT_SECONDS)
    both_have_asked = threading.Barrier(2)
    service.issuer.before_issue = lambda: both_have_asked.wait(30)
    assert at_once(processes, "call") == ["secret data"] * 2
    assert len(service.token_requests) == 2


def test_tokens_that_end_are_renewed_once_for_all_whatever_the_time_of_day_they_see(
    callers, service
):
    service.issuer.lifetime = 3
    processes = [*callers(2), *callers(clock_ahead=300), *callers(clock_ahead=-300)]
    counts = at_once(processes, "call_for", 8)
    assert min(counts) > 0
    assert refusals(service) == 0
    # By itself each would ask twice and more.
    assert 1 < len(service.token_requests) < 2 * len(processes)


def test_a_forked_child_needs_no_token_of_its_own(callers, service):
    [process] = callers()
    process.call()
    assert process.fork_and_call()
    process.forget_in_memory()
    assert process.fork_and_call()
    assert len(service.token_requests) == 1
