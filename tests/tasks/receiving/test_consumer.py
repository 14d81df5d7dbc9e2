"""Real workers, with what they can't do put before them: it is parked, told, and replayed."""

import json
import uuid
import zlib

import pytest
from django.contrib.auth.models import Group
from django.db import connections
from kombu import Connection, Exchange

from eaglet.tasks.models import InboxEntry, ReceivedTask
from tests.tasks.receiver.running import ALIAS

State = ReceivedTask.State
SECRET = "hush-hush"

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def names():
    return sorted(Group.objects.using(ALIAS).values_list("name", flat=True))


def headers_for(receiver, name, task_id=None):
    return {"lang": "py", "task": f"{receiver.queue}.{name}", "id": task_id or str(uuid.uuid4())}


def test_what_cant_be_done_is_parked_with_its_cause_and_the_rest_goes_on(receiver):
    unknown = {**headers_for(receiver, "note"), "task": "nobody.takes.it"}
    body = json.dumps([[{"password": SECRET}], {}, {}])
    as_json = {"content_type": "application/json", "content_encoding": "utf-8"}
    receiver.put(body, headers=unknown, **as_json)
    receiver.put("{" + SECRET, headers=headers_for(receiver, "note"), **as_json)
    receiver.put(
        b"\x80\x04" + SECRET.encode(),
        headers=headers_for(receiver, "note"),
        content_type="application/x-python-serialize",
        content_encoding="binary",
    )
    for odd in (f'"{SECRET}"', "[]", '{"a": 1}', "[1, 2, 3]"):
        receiver.put(odd, headers=headers_for(receiver, "note"), **as_json)
    receiver.put(json.dumps({"password": SECRET}), **as_json)
    receiver.put(body, headers={"lang": "py", "task": f"{receiver.queue}.note"}, **as_json)
    receiver.put(body, headers={"task": ["x"], "id": "1"}, **as_json)
    receiver.send("note", ["two", SECRET])
    receiver.send("forward", [{}])
    receiver.send("forward", [SECRET])
    receiver.send("note", [{"name": "well"}])
    worker = receiver.worker()
    receiver.until(lambda: len(receiver.rows(state=State.PARKED)) == 13 and names() == ["well"])
    assert worker.is_running
    causes = [row.cause for row in receiver.rows(state=State.PARKED)]
    for said in (
        "no task of this name",
        "the body can't be read",
        "its body is not",
        "name: missing",
        "it is not a task",
        "its headers name no task",
        "a task has one argument",
    ):
        assert any(said in cause for cause in causes), said
    # RabbitMQ has back what a worker that is gone had not acknowledged. Killed, it might not have
    # come to that yet for what it has just parked.
    receiver.stop(worker, seconds=30)
    receiver.until(lambda: receiver.left() == 0)
    assert SECRET not in receiver.log()
    assert not any(SECRET in row.cause + row.traceback for row in receiver.rows())


ODD_HEADERS = [
    {"timelimit": "x"},
    {"timelimit": 30},
    {"timelimit": [None]},
    {"timelimit": [[], {}]},
    {"retries": "x"},
    {"retries": -1},
    {"retries": 2**40},
    {"eta": ""},
    {"eta": {}},
    {"eta": "9999-99-99"},
    {"expires": ""},
    {"expires": "2001-01-01T00:00:00"},
    {"stamped_headers": "x"},
    {"stamps": 7},
    {"headers": "x"},
    {"shadow": ["x"]},
    {"root_id": {}},
    {"group_index": "x"},
    {"get": "x"},
    {"update": 1},
    {"is_eager": True},
    {"compression": "nobody/knows"},
    {"compression": ["gzip"]},
]
ODD_BUT_OF_NO_IMPORTANCE = [
    {"eaglet_request_id": "\ud800"},
    {"eaglet_replay": "\ud800"},
    {"traceparent": "a\0b"},
    {"eaglet_request_id": {"a": [1]}},
    {"x": "y" * 100_000},
]


def test_headers_of_any_type_are_parked_or_passed_over_and_the_worker_lives(receiver):
    body = json.dumps([[{"name": "odd"}], {}, {}])
    odd_bodies = [[[{}], {}, {"chain": "x"}], [[{}], {}, {"callbacks": [7]}]]
    as_json = {"content_type": "application/json", "content_encoding": "utf-8"}
    for headers in ODD_HEADERS:
        receiver.put(body, headers={**headers_for(receiver, "note"), **headers}, **as_json)
    for odd in odd_bodies:
        receiver.put(json.dumps(odd), headers=headers_for(receiver, "note"), **as_json)
    for number, headers in enumerate(ODD_BUT_OF_NO_IMPORTANCE):
        body = json.dumps([[{"name": f"odd {number}"}], {}, {}])
        receiver.put(body, headers={**headers_for(receiver, "note"), **headers}, **as_json)
    worker = receiver.worker()
    expected = len(ODD_HEADERS) + len(odd_bodies)
    receiver.until(
        lambda: (
            len(receiver.rows(state=State.PARKED)) == expected
            and len(receiver.rows(state=State.DONE)) == len(ODD_BUT_OF_NO_IMPORTANCE)
        ),
        seconds=60,
    )
    assert worker.is_running
    assert all(len(row.message) < 50_000 for row in receiver.rows(state=State.PARKED))


def test_a_message_is_not_unpacked_beyond_what_is_taken(receiver):
    bomb = zlib.compress(b"[" + b" " * 50_000_000 + b"]", 9)
    fair = zlib.compress(json.dumps([[{"name": "fair"}], {}, {}]).encode())
    for body in (bomb, fair):
        receiver.put(
            body,
            headers={**headers_for(receiver, "note"), "compression": "application/x-gzip"},
            content_type="application/json",
            content_encoding="utf-8",
        )
    receiver.put("x" * 11_000_000, headers=headers_for(receiver, "note"), content_type="a/b")
    receiver.worker()
    receiver.until(lambda: len(receiver.rows(state=State.PARKED)) == 2 and names() == ["fair"])
    assert all(len(row.message) < 11_000_000 for row in receiver.rows())


def test_a_task_for_later_waits_in_the_ledger_and_not_in_a_worker(receiver):
    receiver.worker("--concurrency=1")
    receiver.send("note", [{"name": "later"}], countdown=6)
    receiver.until(lambda: receiver.rows(state=State.WAITING))
    assert receiver.left() == 0
    receiver.send("note", [{"name": "now"}])
    receiver.until(lambda: names() == ["now"])
    receiver.until(lambda: names() == ["later", "now"])


def test_what_is_no_event_ends_no_worker(receiver):
    worker = receiver.worker("--task-events")
    with Connection(receiver.broker_url) as connection, connection.Producer() as producer:
        for exchange, routing_key in (("celeryev", "worker.heartbeat"), ("celery.pidbox", "")):
            producer.publish(
                b"x",
                exchange=Exchange(exchange, "topic" if exchange == "celeryev" else "fanout"),
                routing_key=routing_key,
                content_type="application/x-python-serialize",
                content_encoding="binary",
                serializer=None,
            )
    receiver.send("note", [{"name": "well"}])
    receiver.until(lambda: names() == ["well"])
    assert worker.is_running


def test_a_handler_that_keeps_failing_is_parked_and_done_when_it_is_replayed(receiver):
    receiver.worker()
    task_id = receiver.send("fail_until_mended", [{"name": "done", "password": SECRET}])
    receiver.until(lambda: receiver.rows(state=State.PARKED))
    [row] = receiver.rows()
    assert (row.task_id, row.attempts) == (task_id, 3)
    assert "not mended" in row.cause
    assert "in fail_until_mended" in row.traceback
    assert "hush-in-error" not in row.cause + row.traceback + receiver.log()
    assert SECRET not in receiver.log()
    assert names() == []

    replay = ReceivedTask.objects.using(ALIAS).replay
    assert replay() == 1
    receiver.until(lambda: receiver.rows(state=State.PARKED))
    Group.objects.using(ALIAS).create(name="mended")
    assert replay() == 1
    receiver.until(lambda: receiver.rows(state=State.DONE))
    assert names() == ["done", "mended"]
    # What is done is not done again, unless it is forced.
    Group.objects.using(ALIAS).filter(name="done").delete()
    assert replay() == 0
    assert replay(force=True) == 1
    receiver.until(lambda: receiver.rows(state=State.DONE))
    assert names() == ["done", "mended"]
    assert InboxEntry.objects.using(ALIAS).count() == 2


def test_a_task_that_kills_its_worker_or_outlasts_the_limit_is_parked_in_the_end(receiver):
    receiver.worker("--time-limit=1")
    receiver.send("die", [{}])
    receiver.send("stall", [{}])
    receiver.send("note", [{"name": "well"}])
    receiver.until(
        lambda: len(receiver.rows(state=State.PARKED)) == 2 and names() == ["well"], seconds=120
    )
    for row in receiver.rows(state=State.PARKED):
        assert row.attempts == 3
        assert "begun 3 times and never ended" in row.cause


def test_what_has_no_id_is_replayed_as_the_row_it_has(receiver):
    receiver.worker()
    receiver.put("1", content_type="application/json", content_encoding="utf-8")
    receiver.until(lambda: receiver.rows(state=State.PARKED))
    [row] = receiver.rows()
    assert ReceivedTask.objects.using(ALIAS).replay() == 1
    receiver.until(lambda: receiver.log().count("is parked") == 2)
    receiver.until(lambda: receiver.rows(state=State.PARKED))
    [again] = receiver.rows()
    assert again.due_at > row.due_at


def test_what_cant_be_parked_stays_with_the_broker(receiver):
    table = ReceivedTask._meta.db_table
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO gone")
    worker = receiver.worker()
    receiver.put(
        "{",
        headers=headers_for(receiver, "note"),
        content_type="application/json",
        content_encoding="utf-8",
    )
    receiver.send("fail_until_mended", [{"name": "x"}])
    receiver.until(lambda: receiver.log().count("could not be kept") >= 2)
    receiver.kill(worker)
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(f"ALTER TABLE gone RENAME TO {table}")
    receiver.worker()
    receiver.until(lambda: len(receiver.rows(state=State.PARKED)) == 2, seconds=90)


def test_a_task_delivered_twice_at_once_is_done_once(receiver):
    receiver.worker()
    for _ in range(3):
        receiver.send("note_slowly", [{"name": "a", "seconds": 1.5}], task_id="twice")
    receiver.send("note", [{"name": "last"}])
    receiver.until(lambda: "last" in names() and receiver.left("note_slowly") == 0)
    receiver.until(lambda: "a 0" in names() or "a 1" in names())
    receiver.until(lambda: receiver.log().count("is done already") == 2)
    assert len(names()) == 2


def test_what_a_killed_worker_was_at_is_done_once(receiver):
    first = receiver.worker()
    receiver.send("note_slowly", [{"name": "a", "seconds": 3}])
    receiver.until(lambda: "note_slowly[" in receiver.log())
    receiver.kill(first)
    receiver.worker()
    receiver.until(lambda: receiver.rows(state=State.DONE), seconds=90)
    assert names() == ["a 0"]
    assert receiver.rows()[0].attempts == 2


def test_what_takes_long_is_seen_to_be_started_and_its_end_is_noted(receiver):
    receiver.worker()
    receiver.send("nap", [{"seconds": 4}])
    receiver.until(lambda: receiver.rows(state=State.STARTED))
    receiver.until(lambda: receiver.rows(state=State.DONE))
    [row] = receiver.rows()
    assert (row.ended_at - row.started_at).total_seconds() > 3.9
    assert row.attempts == 1


def test_ids_of_the_call_that_sent_a_task_go_on_with_it(receiver):
    receiver.worker()
    trace_id = uuid.uuid4().hex
    headers = {"traceparent": f"00-{trace_id}-b7ad6b7169203331-01", "eaglet_request_id": "r-17"}
    receiver.send("forward", [{"name": "a"}], headers=headers)
    receiver.until(lambda: names() == ["a"])
    receiver.until(lambda: len(receiver.rows(state=State.DONE)) == 2)
    for row in receiver.rows():
        assert (row.request_id, row.traceparent[3:35]) == ("r-17", trace_id)
    [line] = [line for line in receiver.log().splitlines() if "noted a" in line]
    assert "request_id=r-17" in line
    assert trace_id in line
