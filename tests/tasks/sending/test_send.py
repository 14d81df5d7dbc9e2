import datetime
import decimal
import json
import uuid
from contextlib import contextmanager, suppress

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from eaglet.core.utils.send_task import send_task as documented
from eaglet.exceptions import InvalidTask, TaskError
from eaglet.tasks import publish_event, send_task
from eaglet.tasks.models import OutboxTask

QUEUE = "services.template_message_integral_service.tasks.service_tempate_message_integral"
LOG = {
    "member_id": 1,
    "nick_name": "weizoom",
    "event_type": "好友通过分享链接购买商品",
    "increase_integral": 100,
    "current_integral": 200,
}
SENT, PENDING = OutboxTask.State.SENT, OutboxTask.State.PENDING


@contextmanager
def rolled_back(using=None):
    """A transaction, or a savepoint, that fails at its end."""
    with suppress(ZeroDivisionError), transaction.atomic(using=using):
        yield
        raise ZeroDivisionError


def states():
    return list(OutboxTask.objects.order_by("pk").values_list("state", flat=True))


def test_the_documented_path_is_the_same_function():
    assert documented is send_task


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("queue_name", [QUEUE, "服务.积分.变动"])
def test_a_task_is_in_the_queue_of_its_name_when_the_call_returns(received, queue_name):
    task_id = send_task(queue_name, LOG)
    [(headers, body)] = received(queue_name)
    # As Celery's protocol 2 has it.
    assert {"root_id", "parent_id", "group", "retries", "eta"} <= {*headers}
    assert (headers["lang"], headers["task"], headers["id"]) == ("py", queue_name, task_id)
    assert len(body) == 3
    assert body[0] == [LOG]
    assert body[1] == {}
    assert states() == [SENT]


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_sends_beyond_so_many_is_the_relays(received, numbers, monkeypatch):
    monkeypatch.setattr("eaglet.tasks.sending.outbox.MOST_AT_ONCE", 2)
    with transaction.atomic():
        for n in range(5):
            send_task(QUEUE, {"n": n})
    assert states() == [SENT] * 2 + [PENDING] * 3
    assert len(received(QUEUE)) == 2
    call_command("relay_tasks", once=True, database=["default"], verbosity=0)
    assert numbers(QUEUE) == [2, 3, 4]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_published_before_the_commit(received):
    with transaction.atomic():
        send_task(QUEUE, LOG)
        assert received(QUEUE) == []
    assert len(received(QUEUE)) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_what_is_rolled_back_is_neither_published_nor_kept(received):
    with rolled_back():
        send_task(QUEUE, LOG)
    call_command("relay_tasks", once=True)
    assert received(QUEUE) == []
    assert states() == []


@pytest.mark.django_db(transaction=True)
def test_what_a_savepoint_rolls_back_is_not_published_and_the_rest_is(numbers):
    with transaction.atomic():
        with rolled_back():
            send_task(QUEUE, {"n": 0})
        send_task(QUEUE, {"n": 1})
        with rolled_back():
            send_task(QUEUE, {"n": 2})
        with transaction.atomic():
            send_task(QUEUE, {"n": 3})
    assert numbers(QUEUE) == [1, 3]
    assert states() == [SENT, SENT]


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_made_by_hand_takes_its_task_along(received, numbers):
    with transaction.atomic():
        savepoint = connection.savepoint()
        send_task(QUEUE, {"n": 1})
        connection.savepoint_rollback(savepoint)
    assert received(QUEUE) == []
    with transaction.atomic():
        send_task(QUEUE, {"n": 2})
        savepoint = connection.savepoint()
        send_task(QUEUE, {"n": 3})
        connection.savepoint_rollback(savepoint)
        send_task(QUEUE, {"n": 4})
    assert numbers(QUEUE) == [2, 4]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_after_one_that_was_rolled_back_sends_its_own(numbers):
    with rolled_back():
        send_task(QUEUE, {"n": 1})
    with transaction.atomic():
        send_task(QUEUE, {"n": 2})
    assert numbers(QUEUE) == [2]


@pytest.mark.django_db(transaction=True)
def test_hundreds_of_tasks_of_one_transaction_are_all_published(numbers, settings):
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 60
    with transaction.atomic():
        for n in range(450):
            send_task(QUEUE, {"n": n})
    assert numbers(QUEUE) == list(range(450))
    assert set(states()) == {SENT}


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_outlasts_the_senders_time_and_loses_to_the_relay_sends_once(
    received, settings
):
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.5
    with transaction.atomic():
        send_task(QUEUE, LOG)
        long_ago = OutboxTask.objects.get().written_at - datetime.timedelta(hours=1)
        OutboxTask.objects.update(written_at=long_ago, due_at=long_ago, claimed_by="a relay")
        batch = connection.run_on_commit[-1][1].__self__
        batch._tasks[0].written_at = long_ago
    assert received(QUEUE) == []
    assert states() == [PENDING]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_outlasts_the_senders_time_still_publishes(received):
    with transaction.atomic():
        send_task(QUEUE, LOG)
        batch = connection.run_on_commit[-1][1].__self__
        batch._tasks[0].written_at -= datetime.timedelta(hours=1)
    assert len(received(QUEUE)) == 1
    assert states() == [SENT]


@pytest.mark.django_db
def test_without_a_commit_nothing_is_published(received):
    send_task(QUEUE, LOG)
    assert received(QUEUE) == []
    assert states() == [PENDING]


@pytest.mark.django_db
def test_commit_hooks_that_a_test_runs_publish(numbers, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        send_task(QUEUE, {"n": 1})
        send_task(QUEUE, {"n": 2})
    with django_capture_on_commit_callbacks(execute=True):
        send_task(QUEUE, {"n": 3})
    assert numbers(QUEUE) == [1, 2, 3]


@pytest.mark.django_db(transaction=True)
def test_dates_decimals_and_uuids_arrive_as_strings(received):
    key = uuid.uuid4()
    send_task(
        QUEUE,
        {
            "at": datetime.datetime(2026, 11, 23, 8, 30, tzinfo=datetime.UTC),
            "day": datetime.date(2026, 11, 23),
            "price": decimal.Decimal("1.50"),
            "key": key,
            "both": (1, 2),
        },
    )
    [(_, body)] = received(QUEUE)
    assert body[0] == [
        {
            "at": "2026-11-23 16:30:00",
            "day": "2026-11-23",
            "price": "1.50",
            "key": str(key),
            "both": [1, 2],
        }
    ]


@pytest.mark.parametrize("send", [send_task, publish_event])
@pytest.mark.parametrize("args", [None, [], [{"id": 1}], "文本", 7, True, {7: "a"}, {None: 1}])
def test_arguments_that_are_no_dict_of_names_are_refused_before_anything_is_written(send, args):
    with pytest.raises(InvalidTask, match=r"^args (is a dict, not|has the key) .*names, as"):
        send("points.changed", args)


@pytest.mark.django_db(transaction=True)
def test_secret_arguments_are_not_in_what_celery_shows_of_a_message(received):
    send_task(QUEUE, {"name": "a", "app_secret": "hush", "inner": {"password": "hush too"}})
    [(headers, body)] = received(QUEUE)
    assert "hush" not in json.dumps(headers)
    assert "'name': 'a'" in headers["argsrepr"]
    assert body[0][0]["app_secret"] == "hush"


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_a_manual_transaction_is_left_to_the_relay(received):
    transaction.set_autocommit(False)
    try:
        send_task(QUEUE, LOG)
        transaction.commit()
    finally:
        transaction.set_autocommit(True)
    assert received(QUEUE) == []
    call_command("relay_tasks", once=True)
    assert len(received(QUEUE)) == 1


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
class TestSeveralDatabases:
    def test_a_transaction_open_elsewhere_only_is_refused(self):
        with transaction.atomic(using="second"), pytest.raises(TaskError, match="'second'"):
            send_task(QUEUE, LOG)
        assert states() == []

    def test_using_puts_the_task_into_that_transaction(self, received):
        with transaction.atomic(using="second"):
            send_task(QUEUE, LOG, using="second")
            assert received(QUEUE) == []
        assert len(received(QUEUE)) == 1
        with rolled_back(using="second"):
            send_task(QUEUE, LOG, using="second")
        assert received(QUEUE) == []
        assert OutboxTask.objects.using("second").get().state == SENT
        assert states() == []

    def test_one_open_on_both_or_closed_elsewhere_is_no_matter(self, received):
        with transaction.atomic(using="second"), transaction.atomic():
            send_task(QUEUE, LOG)
        with transaction.atomic(using="second"):
            pass
        send_task(QUEUE, LOG)
        assert len(received(QUEUE)) == 2

    def test_the_projects_router_says_where_the_outbox_is(self, settings, received):
        settings.DATABASE_ROUTERS = ["tests.tasks.routers.OutboxOnSecond"]
        with transaction.atomic(using="second"):
            send_task(QUEUE, LOG)
        assert OutboxTask.objects.using("second").count() == 1
        assert len(received(QUEUE)) == 1

    def test_a_database_without_an_outbox_is_refused(self, settings):
        settings.DATABASE_ROUTERS = ["tests.tasks.routers.OutboxOnSecond"]
        with pytest.raises(TaskError, match="'default' has no outbox"):
            send_task(QUEUE, LOG, using="default")

    def test_the_relay_serves_every_outbox(self, received, numbers, quick_breaker):
        quick_breaker._breaker.failed()
        send_task(QUEUE, {"n": 1})
        send_task(QUEUE, {"n": 2}, using="second")
        assert received(QUEUE) == []
        call_command("relay_tasks", once=True)
        assert sorted(numbers(QUEUE)) == [1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("priority", [-1, 10, 1.0, True, "high", None])
def test_a_priority_that_is_none_is_refused(priority):
    with pytest.raises(InvalidTask, match="from 0 to 9"):
        send_task(QUEUE, {}, priority=priority)
    assert not OutboxTask.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_urgent_ones_of_a_transaction_are_published_first(received):
    with transaction.atomic():
        for n, priority in enumerate([0, 9, 3, 9]):
            send_task(QUEUE, {"n": n}, priority=priority)
    messages = received(QUEUE)
    assert [body[0][0]["n"] for _, body in messages] == [1, 3, 2, 0]
