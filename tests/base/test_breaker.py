import pytest

from eaglet.breaker import Breaker


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


def test_it_stays_closed_below_the_threshold(breaker):
    fail(breaker, 2)
    assert breaker.allow()
    assert not breaker.is_open


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


def test_a_trial_that_succeeds_closes_it(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    assert breaker.allow()
    breaker.succeeded()
    assert breaker.allow()
    assert breaker.allow()


def test_each_trial_that_fails_doubles_the_pause_up_to_the_longest(breaker, clock):
    fail(breaker, 3)
    for pause in (1, 2, 3, 3):
        clock.now += pause - 0.1
        assert not breaker.allow()
        clock.now += 0.1
        assert breaker.allow()
        breaker.failed()


def test_once_closed_the_pause_is_the_first_again(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    breaker.allow()
    breaker.failed()
    clock.now += 2
    breaker.allow()
    breaker.succeeded()
    fail(breaker, 3)
    clock.now += 1
    assert breaker.allow()


def test_a_trial_nobody_reports_on_gives_way_to_another(breaker, clock):
    fail(breaker, 3)
    clock.now += 1
    assert breaker.allow()
    clock.now += 1
    assert breaker.allow()
