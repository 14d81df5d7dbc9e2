"""`cached_until`: what is kept is never older than the last event that was taken."""

import datetime
from decimal import Decimal

import pytest
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured

from eaglet.exceptions import InvalidTask
from eaglet.tasks import cached_until, on_event, publish_event
from eaglet.tasks.testing import inline_tasks

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def points(queue):
    caches["default"].clear()
    return {7: 100, 8: 50}


@pytest.fixture
def calls():
    return []


@pytest.fixture
def points_of(points, calls):
    @cached_until("points.changed", key="member_id")
    def points_of(member_id, unit="points"):
        """The points of a member."""
        calls.append(member_id)
        return points.get(member_id)

    return points_of


def publish(**args):
    with inline_tasks():
        publish_event("points.changed", args)


def test_a_result_is_kept_until_the_event_of_its_key(points, points_of, calls):
    assert points_of.__doc__ == "The points of a member."
    assert [points_of(7), points_of(member_id=7), points_of(7, "points")] == [100] * 3
    assert [points_of(8), points_of(9), points_of(9)] == [50, None, None]
    assert calls == [7, 8, 9]
    points.update({7: 1, 8: 2})
    assert [points_of(7), points_of(7, "cents")] == [100, 1]
    publish(member_id="7")
    assert [points_of(7), points_of(8)] == [1, 50]
    publish()  # of all members
    assert points_of(8) == 2


def test_what_was_begun_before_an_event_does_not_outlive_it(points, queue):
    @cached_until("points.changed", key="member_id")
    def slow(member_id):
        found = points[member_id]
        if found == 100:
            points[member_id] = 1
            publish(member_id=member_id)  # while the old value is on its way to the cache
        return found

    assert slow(7) == 100
    assert slow(7) == 1


def test_an_event_that_comes_again_or_late_only_costs_a_call(points, points_of, calls):
    points_of(7)
    for _ in range(2):
        publish(member_id=7)
    assert points_of(7) == 100
    assert calls == [7, 7]


@pytest.mark.parametrize(
    ("called_with", "published"),
    [
        (datetime.datetime(2026, 3, 8, 6, 30, tzinfo=datetime.UTC),) * 2,
        ({"id": 7, "kind": "card"}, {"kind": "card", "id": 7}),
        ([Decimal("1.50"), None, True],) * 2,
        (True, True),
        (7, 7.0),
    ],
)
def test_a_key_is_the_same_in_a_call_and_as_the_event_has_it(called_with, published, queue):
    calls = []

    @cached_until("points.changed", key="of")
    def points(of):
        calls.append(of)
        return len(calls)

    assert [points(called_with), points(called_with)] == [1, 1]
    publish(of=published)
    assert points(called_with) == 2


def test_several_functions_and_a_subscriber_of_ones_own_go_together(points, points_of, calls):
    seen = []

    @on_event("points.changed")
    def changed(args):
        seen.append(args)

    @cached_until("points.changed")
    def total():
        return sum(points.values())

    assert (total(), points_of(7)) == (150, 100)
    points[7] = 0
    publish(member_id=7)
    assert (total(), points_of(7)) == (50, 0)
    assert seen == [{"member_id": 7}]


async def awaited():
    """Return nothing that could be kept."""


def generated():
    yield 1


@pytest.mark.parametrize("function", [awaited, generated])
def test_what_gives_no_result_when_it_is_called_is_refused(queue, function):
    with pytest.raises(ImproperlyConfigured, match=f"{function.__name__} is async, or a generator"):
        cached_until("points.changed")(function)


def test_without_an_event_it_is_refused():
    with pytest.raises(InvalidTask, match="can't be the name of an event"):
        cached_until(len)


def test_a_key_that_is_no_parameter_is_refused(queue):
    with pytest.raises(ImproperlyConfigured, match="no parameter 'member'"):
        cached_until("points.changed", key="member")(len)
