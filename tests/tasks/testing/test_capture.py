import datetime

import pytest
from django.db import transaction
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from eaglet.tasks import captured_tasks, send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.testing import CapturedTask

QUEUE = "services.points.tasks.changed"


@pytest.mark.django_db
def test_tasks_are_captured_without_a_commit(received):
    with captured_tasks() as tasks:
        task_id = send_task(QUEUE, {"n": (1,)})
        at = timezone.now() + datetime.timedelta(hours=1)
        later = send_task(QUEUE, {}, order_key="member 1", at=at)
    assert list(tasks) == [
        CapturedTask(QUEUE, {"n": [1]}, task_id, "default"),
        CapturedTask(QUEUE, {}, later, "default", "member 1", at),
    ]
    assert received(QUEUE) == []


@pytest.mark.django_db
def test_what_is_rolled_back_is_not_among_them():
    with captured_tasks() as tasks:
        with transaction.atomic():
            send_task(QUEUE, {"n": 2})
            transaction.set_rollback(True)
        # SQLite gives it the primary key that has come free.
        send_task(QUEUE, {"n": 1})
    assert [task.args for task in tasks] == [{"n": 1}]


@pytest.mark.django_db
def test_the_innermost_capture_gets_a_task():
    with captured_tasks() as outer:
        with captured_tasks() as inner:
            send_task(QUEUE, {"n": 1})
        send_task(QUEUE, {"n": 2})
    assert [[task.args["n"] for task in tasks] for tasks in (outer, inner)] == [[2], [1]]


@pytest.mark.django_db(transaction=True)
def test_after_the_block_tasks_are_published_again(numbers):
    with captured_tasks():
        send_task(QUEUE, {"n": 1})
    send_task(QUEUE, {"n": 2})
    assert numbers(QUEUE) == [2]


class InATestCase(TestCase):
    def test_tasks_are_captured(self):
        with captured_tasks() as tasks, transaction.atomic():
            send_task(QUEUE, {"n": 1})
        assert [task.queue_name for task in tasks] == [QUEUE]

    def test_a_task_of_another_test_is_gone(self):
        assert not OutboxTask.objects.exists()


class InATransactionTestCase(TransactionTestCase):
    def test_tasks_are_captured(self):
        with captured_tasks() as tasks, transaction.atomic():
            send_task(QUEUE, {"n": 1})
        assert tasks[-1].args == {"n": 1}
        assert OutboxTask.objects.get().state == OutboxTask.State.PENDING


@pytest.mark.django_db
def test_keys_and_priorities_are_told():
    with captured_tasks() as tasks:
        send_task(QUEUE, {}, unique_key="member 1", priority=9)
    assert (tasks[0].unique_key, tasks[0].priority) == ("member 1", 9)
