import datetime
import threading
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import InterfaceError, connection, connections
from django.utils import timezone

import eaglet.tasks.tasks  # noqa: F401 - or a test that forgets what it declared forgets it
from eaglet.tasks import send_task
from eaglet.tasks.celery_config import make_app
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.models.outbox import outbox_aliases
from eaglet.tasks.relay import outbox as relay_of_an_outbox
from eaglet.tasks.relay.claims import Claims
from eaglet.tasks.relay.relay import Relay

QUEUE = "services.points.tasks.changed"
LONG_AGO = datetime.timedelta(hours=1)
SENT, PENDING, PARKED = (OutboxTask.State[name] for name in ("SENT", "PENDING", "PARKED"))

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.fixture
def waiting(quick_breaker):
    """Tasks that wait for the relay, and their payloads' numbers."""
    quick_breaker._breaker.failed()
    for n in range(5):
        send_task(QUEUE, {"n": n})
    return list(range(5))


def relay_once(*args, **options):
    output = StringIO()
    call_command("relay_tasks", *args, once=True, stdout=output, **options)
    return output.getvalue()


def test_one_pass_publishes_what_waits_and_says_how_much(waiting, numbers):
    assert "Published 5 tasks, 0 refused, 0 parked." in relay_once()
    relay_once()
    assert numbers(QUEUE) == waiting
    assert set(OutboxTask.objects.values_list("state", flat=True)) == {SENT}


def test_one_pass_waits_for_what_is_still_its_senders(numbers, settings):
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
    assert numbers(QUEUE) == [1]


def test_a_claim_is_one_relays_until_its_lease_ends(waiting):
    outbox = OutboxTask.objects.all()
    later = timezone.now() + datetime.timedelta(seconds=60)
    [mine], [yours] = outbox.claim("me", later, [QUEUE], 3), outbox.claim("you", later, [QUEUE], 9)
    assert [len(mine), len(yours)] == [3, 2]
    assert not {*mine} & {*yours}
    outbox.filter(claimed_by="me").update(due_at=timezone.now())
    assert list(map(len, outbox.claim("you", later, [QUEUE], 100))) == [3]


def test_where_publishing_is_slow_a_batch_is_smaller_so_that_others_come_sooner(monkeypatch):
    monkeypatch.setattr(relay_of_an_outbox, "BATCH_SECONDS", 0.0)
    now = timezone.now()
    OutboxTask.objects.bulk_create(
        OutboxTask(task_id=n, queue_name=QUEUE, arguments="{}", written_at=now, due_at=now)
        for n in range(300)
    )
    relay = Relay(["default"], batch_size=180)
    assert [relay.run_round(threading.Event()) for _ in range(4)] == [180, 100, 20, 0]


def test_a_flood_of_one_queue_takes_no_more_than_its_part_of_a_batch(waiting):
    for queue_name, n in [*[("flood", n) for n in range(20)], ("services.b", 7), (QUEUE, 8)]:
        send_task(queue_name, {"n": n})
    OutboxTask.objects.filter(queue_name="flood").update(due_at=timezone.now() - LONG_AGO)
    claims = Claims(OutboxTask.objects.all(), "me")
    for part in (5, 8):
        [tasks] = claims.claim(timezone.now() + LONG_AGO, 15)
        assert [task.queue_name for task in tasks].count("flood") == part


def due_now():
    OutboxTask.objects.update(due_at=timezone.now())


def test_a_task_refused_too_often_is_parked_with_its_cause(waiting, numbers, refuse, settings):
    settings.EAGLET_TASK_MAX_ATTEMPTS = 3
    refuse(2)
    pauses = []
    for _ in range(3):
        due_now()
        before = timezone.now()
        with pytest.raises(CommandError, match="refused"):
            relay_once()
        task = OutboxTask.objects.exclude(state=SENT).get()
        # Between the two, however long this machine takes.
        pauses.append([(task.due_at - at).total_seconds() for at in (before, timezone.now())])
    assert numbers(QUEUE) == [0, 1, 3, 4]
    assert (task.state, task.attempts) == (PARKED, 3)
    assert task.last_error == "ChannelError: PRECONDITION_FAILED"
    assert task.parked_at is not None
    (first, of_first), (second, of_second), _ = pauses
    assert first > 0
    assert of_first < 1 < second
    assert of_second < 2
    due_now()
    relay_once()
    assert numbers(QUEUE) == []
    assert OutboxTask.objects.replay() == 1
    refuse()
    relay_once()
    assert numbers(QUEUE) == [2]


def test_a_row_that_cannot_be_read_stands_in_nobodys_way(waiting, numbers):
    OutboxTask.objects.filter(arguments='{"n":0}').update(arguments="{")
    with pytest.raises(CommandError, match="refused"):
        relay_once()
    assert numbers(QUEUE) == [1, 2, 3, 4]
    assert "JSONDecodeError" in OutboxTask.objects.get(state=PENDING).last_error


def test_a_row_that_breaks_the_connection_lets_the_others_go_and_is_put_off(
    waiting, numbers, when_publishing
):
    def break_off(publish, task):
        if task.arguments == '{"n":0}':
            raise ConnectionResetError("by this task, every time")
        publish()

    when_publishing(break_off)
    with pytest.raises(CommandError):
        relay_once()
    assert numbers(QUEUE) == [1, 2, 3, 4]
    left = OutboxTask.objects.get(state=PENDING)
    assert (left.attempts, left.due_at > timezone.now()) == (1, True)
    assert "by this task" in left.last_error


def test_a_broker_that_dies_meanwhile_is_no_fault_of_the_task(
    waiting, received, when_publishing, settings
):
    def die(publish, task):
        settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:1//"
        raise ConnectionResetError("gone")

    when_publishing(die)
    with pytest.raises(CommandError, match="refused"):
        relay_once()
    assert set(OutboxTask.objects.values_list("state", "attempts")) == {(PENDING, 0)}


def test_what_was_begun_is_ended_when_it_is_told_to_stop(
    waiting, numbers, when_publishing, monkeypatch
):
    monkeypatch.setattr("eaglet.tasks.relay.claims.AT_ONCE", 2)
    stop = threading.Event()

    def publish_and_stop(publish, task):
        publish()
        stop.set()

    when_publishing(publish_and_stop)
    Relay(["default"]).run(stop)
    assert numbers(QUEUE) == [0, 1]
    assert OutboxTask.objects.due(timezone.now()).count() == 3
    assert set(OutboxTask.objects.values_list("claimed_by", flat=True)) == {""}


def test_a_database_that_goes_away_is_no_end_of_the_relay(waiting, received, monkeypatch):
    relay, stop = Relay(), threading.Event()

    def fail(*args):
        raise InterfaceError("(0, '')")

    with monkeypatch.context() as patched:
        patched.setattr("eaglet.tasks.models.OutboxTaskQuerySet.claim", fail)
        relay.run_once(stop)
    assert "InterfaceError" in relay.progress.stopped_by
    relay.run_once(stop)
    assert (relay.progress.published, relay.progress.stopped_by) == (5, "")


def test_a_replica_has_no_outbox(monkeypatch):
    monkeypatch.setitem(connections["second"].settings_dict["TEST"], "MIRROR", "default")
    assert outbox_aliases() == ["default"]


def test_a_forgotten_migration_is_told(monkeypatch):
    monkeypatch.setattr("eaglet.tasks.relay.outbox.has_table", lambda *args: False)
    with pytest.raises(CommandError, match="run migrate"):
        relay_once()


def test_one_pass_deletes_what_is_old_too(waiting):
    relay_once()
    OutboxTask.objects.update(due_at=timezone.now() - datetime.timedelta(days=8))
    relay_once()
    assert not OutboxTask.objects.exists()


def test_a_database_where_the_outbox_is_not_migrated_is_passed_over(waiting, numbers):
    table = OutboxTask._meta.db_table
    with connections["second"].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO away")
    try:
        relay_once()
    finally:
        with connections["second"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE away RENAME TO {table}")
    assert numbers(QUEUE) == waiting


def test_one_database_can_be_named(waiting, numbers):
    send_task(QUEUE, {"n": 9}, using="second")
    relay_once(database=["second"])
    assert numbers(QUEUE) == [9]


def test_a_database_without_an_outbox_is_named(settings):
    settings.DATABASE_ROUTERS = ["tests.tasks.routers.OutboxOnSecond"]
    with pytest.raises(CommandError, match="'default' has no outbox"):
        relay_once(database=["default"])
    with pytest.raises(CommandError, match="'nowhere' is not in DATABASES"):
        relay_once(database=["nowhere"])


def test_beat_can_run_it_as_a_task(waiting, numbers):
    app = make_app("beat", set_as_current=False)
    app.autodiscover_tasks(force=True)
    assert "eaglet.tasks.relay_tasks" in app.tasks
    assert app.tasks["eaglet.tasks.relay_tasks"]() == 5
    assert numbers(QUEUE) == waiting


def test_looking_for_what_is_due_uses_the_index():
    if connection.vendor != "sqlite":
        pytest.skip("the plan is worded for SQLite")
    plan = OutboxTask.objects.due(timezone.now()).explain()
    assert "USING INDEX eaglet_outbox_due" in plan
    assert "TEMP B-TREE FOR ORDER BY" not in plan
