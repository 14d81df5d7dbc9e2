import threading

import pytest

from eaglet.circuit_breaker import Breaker, State


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(threshold=3, open_seconds=1, longest_open_seconds=3, clock=clock)


def fail(breaker, times):
    for _ in range(times):
        breaker.failed()


def test_a_success_begins_the_count_again(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.allow()


def test_so_many_failures_in_a_row_open_it(breaker):
    fail(breaker, 3)
    assert not breaker.allow()
    assert breaker.is_open


def test_one_failure_opens_it_at_once_when_that_is_asked_for(breaker):
    breaker.failed(open_now=True)
    assert not breaker.allow()


def test_after_its_time_one_caller_may_try_and_the_others_wait(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    assert not breaker.is_open
    assert breaker.allow()
    assert not breaker.allow()


def test_each_trial_that_fails_doubles_the_pause_up_to_the_longest(breaker, clock):
    fail(breaker, 3)
    for pause in (1, 2, 3, 3):
        clock.now += pause - 0.1
        assert not breaker.allow()
        clock.now += 0.1
        assert breaker.allow()
        breaker.failed()


def test_what_was_under_way_when_it_opened_and_fails_too_changes_nothing(breaker, clock):
    fail(breaker, 20)
    assert breaker.retry_in == 1
    clock.now += 1
    assert breaker.allow()


def test_its_state_is_closed_then_open_then_half_open_while_a_trial_runs(breaker, clock):
    assert breaker.state is State.CLOSED
    fail(breaker, 3)
    assert breaker.state is State.OPEN
    clock.now += 1
    breaker.allow()
    assert breaker.state is State.HALF_OPEN
    breaker.failed()
    assert breaker.state is State.OPEN
    clock.now += 2
    breaker.allow()
    breaker.succeeded()
    assert breaker.state is State.CLOSED


def test_a_trial_that_told_nothing_is_followed_by_another_at_once(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    assert breaker.allow()
    assert not breaker.allow()
    breaker.undecided()
    assert breaker.allow()


def test_a_trial_can_be_given_longer_than_the_pause(clock):
    breaker = Breaker(threshold=1, open_seconds=1, clock=clock, trial_seconds=10)
    breaker.failed()
    clock.now += 1
    assert breaker.allow()
    clock.now += 9
    assert not breaker.allow()
    clock.now += 1
    assert breaker.allow()


def test_of_many_threads_one_gets_the_trial(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    barrier = threading.Barrier(16)
    allowed = []

    def ask():
        barrier.wait()
        allowed.append(breaker.allow())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 1
