"""A task that waits in the outbox can be taken back."""

import threading

import pytest
from django.db import connections, transaction

from eaglet.exceptions import TaskError
from eaglet.tasks import cancel_task, captured_tasks, send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay.relay import Relay
from eaglet.tasks.testing import broker_down

QUEUE = "services.points.tasks.remind"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


def relay():
    Relay(["default"]).run_once(threading.Event())


def state():
    return OutboxTask.objects.get().state


def test_a_task_for_later_is_cancelled_once_and_never_published(received):
    task_id = send_task(QUEUE, {}, delay_seconds=0.2)
    assert [cancel_task(task_id), cancel_task(task_id)] == [True, False]
    threading.Event().wait(0.3)
    relay()
    assert received(QUEUE) == []
    assert state() == OutboxTask.State.CANCELLED


def test_a_task_that_the_broker_was_away_for_is_cancelled(received):
    with broker_down():
        task_id = send_task(QUEUE, {})
    assert cancel_task(task_id)
    relay()
    assert received(QUEUE) == []


def test_what_was_published_or_never_sent_is_not_cancelled(received):
    task_id = send_task(QUEUE, {})
    assert not cancel_task(task_id)
    assert not cancel_task("4b3e6b3c-0000-0000-0000-000000000000")
    assert len(received(QUEUE)) == 1
    assert state() == OutboxTask.State.SENT


@pytest.mark.parametrize("options", [{}, {"order_key": "member 1"}])
def test_what_is_being_published_is_not_cancelled(when_publishing, received, options):
    said = []

    def publish(go_on, task):
        said.append(cancel_task(task.task_id))
        if threading.current_thread() is not threading.main_thread():
            connections.close_all()
        go_on()

    when_publishing(publish)
    send_task(QUEUE, {}, **options)
    relay()
    assert said == [False]
    assert len(received(QUEUE)) == 1


def test_a_task_of_the_open_transaction_is_cancelled_and_the_others_are_sent(received):
    with transaction.atomic():
        first, second = send_task(QUEUE, {"n": 1}), send_task(QUEUE, {"n": 2})
        assert cancel_task(first)
    assert [headers["id"] for headers, _ in received(QUEUE)] == [second]


def test_a_cancellation_that_is_rolled_back_never_was(received):
    task_id = send_task(QUEUE, {}, delay_seconds=0.1)
    with transaction.atomic():
        assert cancel_task(task_id)
        transaction.set_rollback(True)
    threading.Event().wait(0.2)
    relay()
    assert len(received(QUEUE)) == 1


def test_a_cancelled_task_does_not_hold_up_those_behind_it(received):
    first = send_task(QUEUE, {"n": 1}, order_key="member 1")
    send_task(QUEUE, {"n": 2}, order_key="member 1")
    assert cancel_task(first)
    relay()
    assert [body[0] for _, body in received(QUEUE)] == [[{"n": 2}]]


def test_it_is_looked_for_in_the_outbox_that_it_was_sent_by():
    task_id = send_task(QUEUE, {}, using="second", delay_seconds=60)
    assert not cancel_task(task_id)
    with transaction.atomic(using="second"), pytest.raises(TaskError, match="using='second'"):
        cancel_task(task_id)
    assert cancel_task(task_id, using="second")


def test_what_is_captured_can_be_cancelled():
    with captured_tasks() as tasks:
        kept, cancelled = send_task(QUEUE, {}), send_task(QUEUE, {})
        assert cancel_task(cancelled)
    assert [task.task_id for task in tasks] == [kept]
