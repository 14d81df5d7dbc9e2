import datetime
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, connection, connections
from django.utils import timezone

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks import send_task
from eaglet.tasks.broker import Broker
from eaglet.tasks.configuration import make_app
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay import Relay, outbox_aliases

QUEUE = "services.points.tasks.changed"
SENT, PENDING = OutboxTask.State.SENT, OutboxTask.State.PENDING

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.fixture
def waiting(quick_breaker):
    """Tasks that wait for the relay, and their payloads' numbers."""
    quick_breaker._breaker.failed()
    for n in range(5):
        send_task(QUEUE, {"n": n})
    return list(range(5))


def numbers(messages):
    return [body[0][0]["n"] for _, body in messages]


def relay_once(*args, **options):
    output = StringIO()
    call_command("relay_tasks", *args, once=True, stdout=output, **options)
    return output.getvalue()


def test_one_pass_publishes_what_waits_and_says_how_much(waiting, received):
    assert "Published 5 tasks." in relay_once()
    assert numbers(received(QUEUE)) == waiting
    assert set(OutboxTask.objects.values_list("state", flat=True)) == {SENT}


def test_nothing_is_published_twice(waiting, received):
    relay_once()
    relay_once()
    assert numbers(received(QUEUE)) == waiting


def test_smaller_batches_publish_as_much(waiting, received):
    relay_once(batch_size=2)
    assert numbers(received(QUEUE)) == waiting


def test_one_pass_waits_for_what_is_still_its_senders(received, settings):
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.1
    now = timezone.now()
    # As a process leaves it that dies between its commit and its publishing.
    OutboxTask.objects.create(
        task_id="a",
        queue_name=QUEUE,
        arguments='{"n":1}',
        written_at=now,
        due_at=now + datetime.timedelta(seconds=1),
    )
    relay_once()
    assert numbers(received(QUEUE)) == [1]


def test_a_claim_is_one_relays_until_its_lease_ends(waiting):
    outbox = OutboxTask.objects.all()
    later = timezone.now() + datetime.timedelta(seconds=60)
    mine = outbox.claim("me", later, 3)
    yours = outbox.claim("you", later, 100)
    assert [len(mine), len(yours)] == [3, 2]
    assert not {task.pk for task in mine} & {task.pk for task in yours}
    outbox.filter(claimed_by="me").update(due_at=timezone.now())
    assert len(outbox.claim("you", later, 100)) == 3


def test_a_refused_task_does_not_stop_the_others_and_is_tried_again(waiting, received, monkeypatch):
    publish = Broker.publish

    def refuse_one(self, task):
        if task.arguments == '{"n":2}':
            raise PublishError("PreconditionFailed: no")
        publish(self, task)

    with monkeypatch.context() as patched:
        patched.setattr(Broker, "publish", refuse_one)
        with pytest.raises(CommandError, match="refused"):
            relay_once()
    assert numbers(received(QUEUE)) == [0, 1, 3, 4]
    refused = OutboxTask.objects.get(state=PENDING)
    assert (refused.attempts, refused.last_error) == (1, "PreconditionFailed: no")
    assert refused.due_at > timezone.now()
    OutboxTask.objects.update(due_at=timezone.now())
    relay_once()
    assert numbers(received(QUEUE)) == [2]


def test_a_row_that_cannot_be_read_stands_in_nobodys_way(waiting, received):
    OutboxTask.objects.filter(arguments='{"n":0}').update(arguments="{")
    with pytest.raises(CommandError, match="refused"):
        relay_once()
    assert numbers(received(QUEUE)) == [1, 2, 3, 4]
    assert "JSONDecodeError" in OutboxTask.objects.get(state=PENDING).last_error


def test_a_row_that_breaks_the_connection_lets_the_others_go_before_it(
    waiting, received, monkeypatch
):
    publish = Broker.publish

    def break_off(self, task):
        if task.arguments == '{"n":0}':
            raise BrokerUnavailable("ConnectionResetError: by this task, every time")
        publish(self, task)

    with monkeypatch.context() as patched:
        patched.setattr(Broker, "publish", break_off)
        for _ in range(2):
            with pytest.raises(CommandError):
                relay_once()
    assert numbers(received(QUEUE)) == [1, 2, 3, 4]


def test_a_batch_ends_early_when_it_is_told_to_stop(waiting, received, monkeypatch):
    publish, stop = Broker.publish, threading.Event()

    def publish_and_stop(self, task):
        publish(self, task)
        stop.set()

    monkeypatch.setattr(Broker, "publish", publish_and_stop)
    Relay().run(stop)
    assert numbers(received(QUEUE)) == [0]
    assert OutboxTask.objects.due(timezone.now()).count() == 4


def test_a_database_that_goes_away_is_no_end_of_the_relay(waiting, received, monkeypatch):
    relay, stop = Relay(), threading.Event()

    def fail(*args):
        raise InterfaceError("(0, '')")

    with monkeypatch.context() as patched:
        patched.setattr("eaglet.tasks.models.OutboxTaskQuerySet.claim", fail)
        assert relay.run_round(stop) == 0
    assert "InterfaceError" in relay.progress.stopped_by
    assert relay.run_round(stop) == 5


def test_a_replica_has_no_outbox(monkeypatch):
    monkeypatch.setitem(connections["second"].settings_dict["TEST"], "MIRROR", "default")
    assert outbox_aliases() == ["default"]


def test_a_forgotten_migration_is_told(monkeypatch):
    monkeypatch.setattr("eaglet.tasks.relay.is_migrated", lambda alias: False)
    with pytest.raises(CommandError, match="run migrate"):
        relay_once()


def test_one_pass_deletes_what_is_old_too(waiting):
    relay_once()
    OutboxTask.objects.update(due_at=timezone.now() - datetime.timedelta(days=8))
    relay_once()
    assert not OutboxTask.objects.exists()


def test_it_runs_until_it_is_told_to_stop(waiting, received, settings):
    settings.EAGLET_RELAY_POLL_SECONDS = 0.01
    relay, stop = Relay(), threading.Event()
    prune = relay._prune_when_it_is_time

    def stop_when_done():
        prune()
        if relay.progress.published == len(waiting):
            stop.set()

    relay._prune_when_it_is_time = stop_when_done
    relay.run(stop)
    assert numbers(received(QUEUE)) == waiting


def test_sent_tasks_are_deleted_after_their_retention_and_waiting_ones_never(waiting, settings):
    relay_once()
    now = timezone.now()
    long_ago = now - datetime.timedelta(days=8)
    old = OutboxTask.objects.order_by("pk")[:2]
    OutboxTask.objects.filter(pk__in=[task.pk for task in old]).update(due_at=long_ago)
    kept = OutboxTask.objects.create(
        task_id="w", queue_name=QUEUE, arguments="{}", written_at=long_ago, due_at=long_ago
    )
    relay = Relay()
    relay._migrated = {"default"}
    settings.EAGLET_TASK_RETENTION_SECONDS = None
    relay._prune_when_it_is_time()
    assert OutboxTask.objects.count() == 6
    settings.EAGLET_TASK_RETENTION_SECONDS = 7 * 24 * 3600
    relay._prune_when_it_is_time()
    assert OutboxTask.objects.count() == 4
    assert OutboxTask.objects.filter(pk=kept.pk).exists()


def test_a_database_where_the_outbox_is_not_migrated_is_passed_over(waiting, received):
    table = OutboxTask._meta.db_table
    with connections["second"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        relay_once()
    finally:
        with connections["second"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    assert numbers(received(QUEUE)) == waiting


def test_one_database_can_be_named(waiting, received):
    send_task(QUEUE, {"n": 9}, using="second")
    relay_once(database=["second"])
    assert numbers(received(QUEUE)) == [9]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"database": ["nowhere"]}, "'nowhere' is not in DATABASES"),
        ({"batch_size": 0}, "at least 1"),
    ],
)
def test_wrong_options_are_named(options, reason):
    with pytest.raises(CommandError, match=reason):
        relay_once(**options)


def test_a_database_without_an_outbox_is_named(settings):
    settings.DATABASE_ROUTERS = ["tests.tasks.routers.OutboxOnSecond"]
    with pytest.raises(CommandError, match="'default' has no outbox"):
        relay_once(database=["default"])


def test_beat_can_run_it_as_a_task(waiting, received):
    app = make_app("beat", set_as_current=False)
    app.autodiscover_tasks(force=True)
    assert "eaglet.tasks.relay_tasks" in app.tasks
    assert app.tasks["eaglet.tasks.relay_tasks"]() == 5
    assert numbers(received(QUEUE)) == waiting


def test_looking_for_what_is_due_uses_the_index():
    if connection.vendor != "sqlite":
        pytest.skip("the plan is worded for SQLite")
    plan = OutboxTask.objects.due(timezone.now()).explain()
    assert "USING INDEX eaglet_outbox_due" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
