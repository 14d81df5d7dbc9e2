"""Tasks to be sent later: kept in the outbox, not in the broker."""

import datetime
import threading

import pytest
from django.core.management import call_command
from django.utils import timezone

from eaglet.exceptions import InvalidTask
from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay.relay import Relay

QUEUE = "services.points.tasks.changed"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


def relay_once():
    call_command("relay_tasks", once=True, verbosity=0)


def in_seconds(seconds):
    return timezone.now() + datetime.timedelta(seconds=seconds)


@pytest.mark.parametrize("options", [{"delay_seconds": 3600}, {"at": "in an hour"}])
def test_it_is_published_when_it_is_time_and_not_before(received, options):
    if "at" in options:
        options = {"at": in_seconds(3600)}
    send_task(QUEUE, {"n": 1}, **options)
    relay_once()
    assert received(QUEUE) == []
    task = OutboxTask.objects.get()
    assert abs(task.not_before - in_seconds(3600)) < datetime.timedelta(seconds=60)
    assert task.due_at == task.not_before
    OutboxTask.objects.update(due_at=timezone.now())
    relay_once()
    [(headers, _)] = received(QUEUE)
    # The broker, and the worker, have nothing to wait for.
    assert headers["eta"] is None


def test_a_running_relay_publishes_it_in_time(received):
    send_task(QUEUE, {"n": 1}, delay_seconds=0.3)
    stop = threading.Event()
    Relay(["default"], on_published=stop.set).run(stop)
    task = OutboxTask.objects.get()
    assert task.sent_at >= task.not_before
    assert len(received(QUEUE)) == 1


@pytest.mark.parametrize("options", [{"delay_seconds": 0}, {"at": "an hour ago"}])
def test_what_is_not_later_is_sent_at_once(received, options):
    if "at" in options:
        options = {"at": in_seconds(-3600)}
    send_task(QUEUE, {"n": 1}, **options)
    assert len(received(QUEUE)) == 1


def test_without_time_zones_a_time_is_local(settings):
    settings.USE_TZ = False
    at = datetime.datetime.now() + datetime.timedelta(hours=1)
    send_task(QUEUE, {"n": 1}, at=at)
    assert OutboxTask.objects.get().not_before == at
    aware = at.astimezone(datetime.UTC)
    send_task(QUEUE, {"n": 2}, at=aware)
    assert OutboxTask.objects.latest("pk").not_before == at


def test_without_time_zones_a_time_that_comes_twice_is_the_one_that_was_meant(settings):
    settings.USE_TZ = False
    settings.TIME_ZONE = "America/New_York"
    # Half past one, before the clock goes back and after.
    first = datetime.datetime(2036, 11, 2, 5, 30, tzinfo=datetime.UTC)
    second = first + datetime.timedelta(hours=1)
    for n, at in enumerate([first, second]):
        send_task(QUEUE, {"n": n}, at=at)
    between = first + datetime.timedelta(minutes=30)
    due = OutboxTask.objects.filter(due_at__lte=between)
    assert [task.arguments for task in due] == ['{"n":0}']
    times = [task.due_at for task in OutboxTask.objects.order_by("pk")]
    assert [(at.hour, at.minute, at.fold) for at in times] == [(1, 30, 0), (1, 30, 1)]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"delay_seconds": -1}, "0 or more"),
        ({"delay_seconds": float("nan")}, "finite"),
        ({"delay_seconds": float("inf")}, "finite"),
        ({"delay_seconds": 10**400}, "last year"),
        ({"delay_seconds": 1e18}, "last year"),
        ({"delay_seconds": "5"}, "is a number, not str"),
        ({"delay_seconds": True}, "is a number, not bool"),
        ({"at": "tomorrow"}, "at is a datetime, not str"),
        ({"at": datetime.date(2030, 1, 1)}, "at is a datetime, not date"),
        ({"at": datetime.datetime(2030, 1, 1)}, "no time zone"),
        ({"at": datetime.datetime(2030, 1, 1), "delay_seconds": 1}, "exclude each other"),
    ],
)
def test_what_is_no_time_is_refused(options, reason):
    with pytest.raises(InvalidTask, match=reason):
        send_task(QUEUE, {}, **options)
    assert not OutboxTask.objects.exists()
