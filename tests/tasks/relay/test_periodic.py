"""What `@every` declares is sent by the relays, each time once."""

import datetime
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from eaglet.exceptions import InvalidTask
from eaglet.tasks import every, task
from eaglet.tasks.models import OutboxTask, PeriodicTask
from eaglet.tasks.relay import periodic
from eaglet.tasks.relay.relay import Relay
from eaglet.tasks.testing import broker_down

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.fixture(autouse=True)
def no_other_declarations(monkeypatch):
    monkeypatch.setattr(periodic, "declared", {})


@pytest.fixture
def tidy(queue):
    """A queue whose task is due every minute, and a relay has seen that."""
    every("* * * * *", {"deep": True})(task(queue)(print))
    round_of(Relay(["default"]))
    return queue


def round_of(relay):
    relay.run_once(threading.Event())


def come_due(ago=datetime.timedelta(seconds=1)):
    assert PeriodicTask.objects.update(due_at=timezone.now() - ago) == 1


def test_nothing_is_sent_before_its_first_time(tidy):
    assert not OutboxTask.objects.exists()
    now = timezone.now()
    assert now < PeriodicTask.objects.get().due_at <= now + datetime.timedelta(minutes=1)


def test_what_is_due_is_sent_once_and_published(tidy, received):
    come_due()
    for _ in range(3):
        call_command("relay_tasks", once=True, verbosity=0)
    [(_, body)] = received(tidy)
    assert body[0] == [{"deep": True}]
    assert PeriodicTask.objects.get().due_at > timezone.now()


def test_a_day_without_relays_is_made_up_for_once(tidy, received):
    come_due(datetime.timedelta(days=1))
    for _ in range(3):
        round_of(Relay(["default"]))
    assert len(received(tidy)) == 1


def test_while_one_waits_for_the_broker_no_other_is_sent(tidy, received):
    with broker_down():
        for _ in range(3):
            come_due()
            round_of(Relay(["default"]))
    assert OutboxTask.objects.waiting().count() == 1
    round_of(Relay(["default"]))
    come_due()
    round_of(Relay(["default"]))
    assert len(received(tidy)) == 2


def test_a_relay_of_another_outbox_sends_nothing(tidy):
    come_due()
    round_of(Relay(["second"]))
    assert not OutboxTask.objects.exists()
    assert not OutboxTask.objects.using("second").exists()


def test_of_two_relays_that_find_it_due_one_sends_it(tidy, received):
    come_due()
    others = [Relay(["default"])]

    def look_as_another_writes(execute, sql, params, many, context):
        if sql.startswith("UPDATE") and PeriodicTask._meta.db_table in sql and others:
            round_of(others.pop())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look_as_another_writes):
        round_of(Relay(["default"]))
    assert not others
    assert len(received(tidy)) == 1


@pytest.mark.parametrize(
    "cron",
    ["", "*/5 * * *", "60 * * * *", "* * 30 2 *", "* * * * 8", "tidy", "*/0 * * * *", None, 5],
)
def test_what_is_no_cron_expression_is_refused_where_it_is_declared(queue, cron):
    with pytest.raises(ImproperlyConfigured, match="no cron expression"):
        every(cron)(task(queue)(print))
    assert not periodic.declared


def test_a_function_that_is_no_task_is_refused():
    with pytest.raises(ImproperlyConfigured, match="above @task"):
        every("* * * * *")(print)


def test_arguments_that_can_not_be_sent_are_refused():
    with pytest.raises(InvalidTask):
        every("* * * * *", {"at": float("nan")})


@pytest.mark.parametrize(
    ("zone", "cron", "after", "times"),
    [
        ("UTC", "*/20 * * * *", "2026-01-01T00:01", ["00:20", "00:40", "01:00"]),
        ("UTC", "0 9 * * mon-fri", "2026-01-02T10:00", ["09:00 5", "09:00 6"]),
        ("UTC", " 0  0 29 2 mon ", "2026-01-01T00:00", ["00:00 29"]),
        ("Asia/Shanghai", "30 8 * * *", "2026-01-01T00:00", ["00:30", "00:30 2"]),
        # At 01:00 UTC the clocks of Berlin go forward, from 02:00 to 03:00.
        ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00", ["01:30 29", "00:30 30"]),
        ("Europe/Berlin", "*/30 * * * *", "2026-03-29T00:10", ["00:30", "01:00", "01:30"]),
        # And then back, from 03:00 to 02:00.
        ("Europe/Berlin", "30 2 * * *", "2026-10-24T12:00", ["00:30 25", "01:30 26"]),
        ("Europe/Berlin", "*/30 * * * *", "2026-10-25T00:10", ["00:30", "01:00", "01:30", "02:00"]),
    ],
)
def test_times_are_those_of_the_projects_clock(settings, zone, cron, after, times):
    settings.TIME_ZONE = zone
    schedule = periodic.Schedule(cron, "queue", "{}")
    moment = datetime.datetime.fromisoformat(after).replace(tzinfo=datetime.UTC)
    found = []
    for time in times:
        moment = schedule.next_after(moment)
        found.append(f"{moment:%H:%M}" + (f" {moment.day}" if " " in time else ""))
    assert found == times


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Lord_Howe"])
def test_each_minute_is_due_once_as_the_clock_changes(settings, zone):
    settings.TIME_ZONE = zone
    schedule = periodic.Schedule("* * * * *", "queue", "{}")
    for day in ("2026-03-08T05:00", "2026-11-01T04:00", "2026-04-04T12:00", "2026-10-03T13:00"):
        moment = datetime.datetime.fromisoformat(day).replace(tzinfo=datetime.UTC)
        for _ in range(240):
            before, moment = moment, schedule.next_after(moment)
            assert moment - before == datetime.timedelta(minutes=1)
