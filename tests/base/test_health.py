"""Probes: registered by apps, run on threads of their own."""

import threading
from functools import partial

import pytest

from eaglet import health


@pytest.fixture(autouse=True)
def own_probes():
    before = dict(health._probes)
    health._probes.clear()
    yield
    health._probes.clear()
    health._probes.update(before)


def failing():
    raise OSError("no route")


def test_a_probe_that_raises_is_not_in_order():
    health.register_probe("a", failing)
    [result] = health.run_probes()
    assert (result.ok, result.error) == (False, "OSError: no route")


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt()])
def test_a_probe_can_not_end_the_process(error):
    def ending():
        raise error

    health.register_probe("a", ending)
    assert not health.run_probes()[0].ok


def test_probes_run_at_the_same_time():
    meeting = threading.Barrier(3, timeout=5)
    for name in "abc":
        health.register_probe(name, partial(meeting.wait), timeout_seconds=6)
    # One after the other they would never meet.
    assert all(result.ok for result in health.run_probes())


def test_no_thread_is_left_behind():
    before = threading.active_count()
    health.register_probe("a", lambda: None)
    for _ in range(20):
        health.run_probes()
    assert threading.active_count() <= before + 1
