"""How a relay that has nothing to do learns of new tasks."""

import threading

import pytest
from django.db import connection, connections, transaction
from django.db.utils import ConnectionHandler

from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay import notifications
from eaglet.tasks.relay.relay import Relay
from eaglet.tasks.sending import outbox

QUEUE = "services.points.tasks.changed"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.fixture
def only_woken(monkeypatch):
    """Have the relay look by itself next to never."""
    monkeypatch.setattr(notifications, "LOOK_EVERY_SECONDS", 3600)


@pytest.mark.usefixtures("only_woken")
@pytest.mark.skipif(connection.vendor == "sqlite", reason="threads share no database in memory")
def test_a_waiting_relay_publishes_what_is_written(received, monkeypatch):
    stop, waiting = threading.Event(), threading.Event()
    wait = notifications.Watch.wait

    def begin_to_wait(*args):
        waiting.set()
        wait(*args)

    monkeypatch.setattr(notifications.Watch, "wait", begin_to_wait)

    def run():
        try:
            Relay(["default"], on_published=stop.set).run(stop)
        finally:
            connections.close_all()

    relay = threading.Thread(target=run)
    relay.start()
    try:
        assert waiting.wait(30)
        send_task(QUEUE, {"n": 1}, order_key="k")
        relay.join(30)
        assert not relay.is_alive()
    finally:
        stop.set()
        relay.join()
    assert len(received(QUEUE)) == 1


@pytest.fixture
def file_database(tmp_path, django_db_blocker):
    """A database in a file that Django knows by an alias, and somebody else's connection to it."""
    entry = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": tmp_path / "outbox.sqlite3",
    }
    mine, other = (ConnectionHandler({"default": entry})["default"] for _ in range(2))
    mine.alias = other.alias = "in_a_file"
    connections["in_a_file"] = mine
    with mine.schema_editor() as editor:
        editor.create_model(OutboxTask)
    yield other
    for one in (mine, other):
        one.close()
    del connections["in_a_file"]


def test_on_sqlite_another_connections_commit_is_noticed(file_database, monkeypatch):
    asked = []
    monkeypatch.setattr(
        notifications.Watch, "has_changed", lambda self: asked.append(self.alias) or True
    )
    watch = notifications.watch("in_a_file")
    watch.begin()
    assert not watch.has_changed()
    assert asked == []
    with file_database.cursor() as cursor:
        cursor.execute("CREATE TABLE something (number integer)")
    assert watch.has_changed()
    assert asked == ["in_a_file"]
    assert not watch.has_changed()


def test_the_next_task_that_comes_due_is_waited_for():
    assert notifications.seconds_until_due("default") == notifications.LOOK_EVERY_SECONDS
    send_task(QUEUE, {}, delay_seconds=0.5)
    send_task(QUEUE, {}, delay_seconds=3600)
    assert 0 < notifications.seconds_until_due("default") <= 0.5
    send_task(QUEUE, {}, delay_seconds=0.2, order_key="k")
    assert 0 < notifications.seconds_until_due("default") <= 0.2


def test_only_a_relays_tasks_wake_it_and_once_a_transaction(monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("only PostgreSQL tells")
    woken = []
    monkeypatch.setattr(outbox._Wake, "__call__", lambda self: woken.append(1))
    send_task(QUEUE, {})
    assert woken == []
    with transaction.atomic():
        for _ in range(3):
            send_task(QUEUE, {}, delay_seconds=60)
    assert woken == [1]
