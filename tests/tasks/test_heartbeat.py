"""Relays and workers note that they are there, and the doctor misses them."""

import datetime
import threading

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eaglet.tasks.models import Process, ReceivedTask
from eaglet.tasks.receiving.redelivery import Redelivery
from eaglet.tasks.relay.relay import Relay

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


def seen():
    return sorted(set(Process.objects.values_list("kind", flat=True)))


def test_a_relay_is_noted_while_it_runs_and_not_after():
    stop = threading.Event()
    relay = Relay(["default"], on_published=stop.set)
    assert relay.run_round(stop) == 0
    assert seen() == ["relay"]
    stop.set()
    relay.run(stop)
    assert seen() == []


def test_a_worker_is_noted_while_it_runs_and_not_after():
    redelivery = Redelivery()
    redelivery.look()
    assert seen() == ["worker"]
    redelivery.start()
    redelivery.stop()
    assert seen() == []


def test_the_doctor_tells_of_parked_tasks_and_of_what_is_not_seen_any_more(capsys):
    now = timezone.now()
    ReceivedTask.objects.create(
        key="k", task_id="t", queue_name="q", state=ReceivedTask.State.PARKED, received_at=now,
        due_at=now, message="{}",
    )  # fmt: skip
    Process.objects.create(kind="relay", name="relay 1", seen_at=now)
    Process.objects.create(kind="relay", name="a", seen_at=now - datetime.timedelta(hours=1))
    gone = now - datetime.timedelta(minutes=5)
    Process.objects.create(kind="worker", name="worker 2", seen_at=gone)
    with pytest.raises(CommandError):
        call_command("eaglet_doctor")
    told = capsys.readouterr().out
    assert "FAULT received tasks: 1 are parked" in told
    assert "FAULT worker: none has been seen for 30" in told
    assert "relay: none" not in told
