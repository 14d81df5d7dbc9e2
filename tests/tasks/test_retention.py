import datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eaglet.tasks.models import InboxEntry, OutboxTask, ReceivedTask
from eaglet.tasks.receiving.redelivery import Redelivery
from eaglet.tasks.retention import Retention

pytestmark = pytest.mark.django_db(databases=["default", "second"])


def write(how_many, days_ago, state=OutboxTask.State.SENT):
    then = timezone.now() - datetime.timedelta(days=days_ago)
    OutboxTask.objects.bulk_create(
        OutboxTask(
            task_id=f"{state} {days_ago} {n}",
            queue_name="q",
            arguments="{}",
            state=state,
            written_at=then,
            due_at=then,
        )
        for n in range(how_many)
    )


def prune(**options):
    output = StringIO()
    call_command("prune_tasks", stdout=output, **options)
    return output.getvalue()


def test_what_is_older_than_the_retention_is_deleted_batch_by_batch(monkeypatch):
    monkeypatch.setattr(Retention.prune, "__defaults__", (10,))
    write(25, days_ago=8)
    write(3, days_ago=6)
    assert "default: 25 sent tasks deleted." in prune()
    assert OutboxTask.objects.count() == 3


def test_what_waits_or_is_parked_stays():
    for state in OutboxTask.State:
        write(2, days_ago=400, state=state)
    prune()
    done = (OutboxTask.State.SENT, OutboxTask.State.CANCELLED)
    assert not OutboxTask.objects.filter(state__in=done).exists()
    assert OutboxTask.objects.count() == 2 * (len(OutboxTask.State) - 2)


def test_the_retention_is_a_setting_and_can_be_switched_off(settings):
    write(2, days_ago=8)
    settings.EAGLET_TASK_RETENTION_SECONDS = None
    assert "default: 0 sent tasks deleted." in prune()
    settings.EAGLET_TASK_RETENTION_SECONDS = 1e13  # before the year 1
    assert "default: 0 sent tasks deleted." in prune()
    settings.EAGLET_TASK_RETENTION_SECONDS = 9 * 24 * 3600
    assert "default: 0 sent tasks deleted." in prune()
    settings.EAGLET_TASK_RETENTION_SECONDS = 3600
    assert "default: 2 sent tasks deleted." in prune()


def test_one_database_can_be_named():
    write(1, days_ago=8)
    assert "default" not in prune(database=["second"])
    assert OutboxTask.objects.count() == 1


def test_a_database_that_is_not_there_is_named():
    with pytest.raises(CommandError, match="'nowhere' is not in DATABASES"):
        prune(database=["nowhere"])


def write_received(how_many, days_ago, state=ReceivedTask.State.DONE):
    then = timezone.now() - datetime.timedelta(days=days_ago)
    ReceivedTask.objects.bulk_create(
        ReceivedTask(
            key=f"{state} {days_ago} {n}",
            task_id=str(n),
            queue_name="q",
            message="{}",
            state=state,
            received_at=then,
            due_at=then,
        )
        for n in range(how_many)
    )
    InboxEntry.objects.bulk_create(
        InboxEntry(key=f"{state} {days_ago} {n}", task_id=str(n), queue_name="q", done_at=then)
        for n in range(how_many)
    )


def test_the_inbox_remembers_longer_than_the_ledger():
    write_received(25, days_ago=31)
    write_received(12, days_ago=8)
    write_received(3, days_ago=6)
    said = prune()
    assert "default: 37 received tasks deleted." in said
    assert "default: 25 inbox entries deleted." in said
    assert (ReceivedTask.objects.count(), InboxEntry.objects.count()) == (3, 15)


def test_of_what_was_received_only_what_is_done_is_deleted():
    for state in ReceivedTask.State:
        write_received(1, days_ago=400, state=state)
    prune()
    left = set(ReceivedTask.objects.values_list("state", flat=True))
    assert left == set(ReceivedTask.State) - {ReceivedTask.State.DONE}


def test_a_worker_prunes_what_it_keeps(settings):
    settings.CELERY_BROKER_URL = "memory://"
    write_received(1500, days_ago=400)
    redelivery = Redelivery()
    redelivery.look()
    assert ReceivedTask.objects.count() == 500
    redelivery.look()
    assert ReceivedTask.objects.count() == 0
    write_received(1, days_ago=400)
    redelivery.look()
    assert ReceivedTask.objects.count() == 1, "once a minute"
