import datetime
import decimal
import json
import logging
from functools import partial

import pytest
from django.contrib.auth.models import Group
from django.core.checks import run_checks
from django.db import transaction
from django.utils import timezone

from eaglet.tasks import cancel_task
from eaglet.tasks.backend import OutboxBackend
from eaglet.tasks.database import digest_of
from eaglet.tasks.django_tasks.api import (
    InvalidTask,
    TaskResultDoesNotExist,
    signals,
    task_backends,
)
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.retention import RETENTIONS
from eaglet.tasks.sending.outbox import put
from eaglet.tasks.testing import captured_tasks, inline_tasks
from tests.tasks.django_tasks import tasks

pytestmark = [
    pytest.mark.django_db(databases=["default", "second"]),
    # A test declares the queues anew.
    pytest.mark.filterwarnings("ignore::celery.exceptions.DuplicateTaskNameWarning"),
]


@pytest.fixture(autouse=True)
def nothing_ran(no_tasks, monkeypatch):
    tasks.ran.clear()
    monkeypatch.setattr("eaglet.tasks.retention.OF_QUEUES", {})


@pytest.fixture
def configured(settings):
    """Give the default backend other options."""

    def configure(**params):
        known = settings.TASKS["default"]
        settings.TASKS = {**settings.TASKS, "default": {**known, **params}}
        return task_backends["default"]

    return configure


def run(task, *args, deliveries=1, **kwargs):
    with inline_tasks(raise_errors=False, deliveries=deliveries):
        result = task.enqueue(*args, **kwargs)
    return task.get_backend().get_result(result.id)


def test_a_task_is_sent_with_the_transaction_and_not_without():
    with captured_tasks() as sent:
        with transaction.atomic():
            gone = tasks.double.enqueue(1)
            transaction.set_rollback(True)
        result = tasks.double.enqueue(n=2)
    assert [(one.args["task"], one.args["kwargs"]) for one in sent] == [
        ("tests.tasks.django_tasks.tasks.double", {"n": 2})
    ]
    assert tasks.double.get_result(result.id).status == "READY"
    with pytest.raises(TaskResultDoesNotExist):
        tasks.double.get_result(gone.id)


def test_what_ran_is_known_by_its_result():
    result = run(tasks.double, 4)
    assert (result.status, result.return_value, result.attempts) == ("SUCCESSFUL", {"n": 8}, 1)
    assert result.enqueued_at <= result.started_at <= result.finished_at
    assert (result.task, result.args, result.errors) == (tasks.double, [4], [])
    assert run(tasks.later, "é").return_value == "é"


def test_each_attempt_leaves_its_error():
    result = run(tasks.fail_at_first, "x")
    assert tasks.ran == [(1, []), (2, [KeyError])]
    assert (result.status, result.return_value, result.attempts) == ("SUCCESSFUL", "x", 2)
    assert [error.exception_class for error in result.errors] == [KeyError]
    assert "in fail_at_first" in result.errors[0].traceback


def test_what_fails_for_good_has_failed(settings):
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 3
    result = run(tasks.fail, "why")
    assert (result.status, result.attempts, len(result.errors)) == ("FAILED", 3, 3)
    assert (result.task.priority, result.task.queue_name) == (5, "other")
    assert result.is_finished
    assert result.finished_at


def test_what_died_at_every_attempt_has_failed_and_is_told(configured):
    configured(OPTIONS={"MAX_ATTEMPTS": 1})
    told = []

    def note(sender, task_result, **kwargs):
        told.append((sender, task_result.status, task_result.id, task_result.worker_ids))

    signals.task_finished.connect(note)
    with inline_tasks(raise_errors=False):
        sent = tasks.double.enqueue(1)
        # As a worker leaves it that is killed.
        row, now = OutboxTask.objects.get(task_id=sent.id), timezone.now()
        ReceivedTask.objects.create(
            key=digest_of(row.queue_name, sent.id), task_id=sent.id, queue_name=row.queue_name,
            state=ReceivedTask.State.STARTED, attempts=1, worker="w1", received_at=now, due_at=now,
            message=StoredMessage(f"[[{row.arguments}], {{}}, {{}}]".encode()).to_text(),
        )  # fmt: skip
    signals.task_finished.disconnect(note)
    result = tasks.double.get_result(sent.id)
    assert (result.status, result.attempts, len(result.errors)) == ("FAILED", 1, 1)
    assert "begun 1 times and never ended" in result.errors[0].traceback
    assert told == [(OutboxBackend, "FAILED", sent.id, ["(died)"])]


@pytest.mark.parametrize("name", ["set", "number", "cycle"])
def test_what_is_returned_and_is_no_json_fails_the_task(configured, name):
    configured(OPTIONS={"MAX_ATTEMPTS": 1})
    result = run(tasks.odd, name)
    assert (result.status, result.attempts, len(result.errors)) == ("FAILED", 1, 1)


def test_max_attempts_is_an_option(configured):
    configured(OPTIONS={"MAX_ATTEMPTS": 1})
    assert run(tasks.fail, "why").attempts == 1


def test_once_has_effects_once_and_its_result_whatever_comes_again():
    result = run(tasks.make_group, "a", deliveries=2)
    assert Group.objects.filter(name="a").count() == 1
    assert tasks.ran == ["a"]
    assert (result.status, result.return_value) == ("SUCCESSFUL", "a")


def test_signals_come_from_the_class_and_tell_what_is_known():
    told = []

    def note(name, sender, task_result, **kwargs):
        told.append((name, sender, str(task_result.status), task_result.attempts))

    receivers = []
    for signal in (signals.task_enqueued, signals.task_started, signals.task_finished):
        receivers.append(partial(note, signal))
        signal.connect(receivers[-1])
    try:
        run(tasks.double, 1)
    finally:
        for signal, receiver in zip(
            (signals.task_enqueued, signals.task_started, signals.task_finished),
            receivers,
            strict=True,
        ):
            signal.disconnect(receiver)
    assert told == [
        (signals.task_enqueued, OutboxBackend, "READY", 0),
        (signals.task_started, OutboxBackend, "RUNNING", 1),
        (signals.task_finished, OutboxBackend, "SUCCESSFUL", 1),
    ]


@pytest.mark.parametrize(
    "value",
    [timezone.now(), decimal.Decimal(1), {1}, object(), float("nan"), [float("inf")]],
)
def test_what_json_does_not_have_is_a_type_error_before_anything_is_written(value):
    with pytest.raises(TypeError):
        tasks.double.enqueue(value)
    assert not OutboxTask.objects.exists()


def test_a_task_that_no_worker_would_find_is_refused():
    with pytest.raises(InvalidTask, match="_hidden"):
        tasks.hidden.enqueue()
    assert not OutboxTask.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "tests.tasks.django_tasks.tasks.plain",
        # What a module gives by its `__getattr__` may be imported for it.
        "tests.tasks.django_tasks.tasks.made",
        "antigravity.x",
        "x",
        7,
    ],
)
def test_only_what_is_declared_is_run(path):
    with inline_tasks(raise_errors=False) as ran:
        result = tasks.double.enqueue(1)
        row = OutboxTask.objects.get()
        payload = {**json.loads(row.arguments), "task": path}
        put("default", row.queue_name, json.dumps(payload), "forged")
        put("default", row.queue_name, '"no payload"', "odd")
    assert [one.is_parked for one in ran if one.task_id in ("forged", "odd")] == [True, True]
    assert tasks.ran == [1]
    assert tasks.double.get_result(result.id).return_value == {"n": 2}
    for an_id in ("forged", "odd"):
        with pytest.raises(TaskResultDoesNotExist, match=an_id):
            task_backends["default"].get_result(an_id)


def test_ids_that_are_none_do_not_exist():
    for an_id in ("", "x" * 300, "\0", None, 7):
        with pytest.raises(TaskResultDoesNotExist):
            task_backends["default"].get_result(an_id)


def test_a_task_may_run_later_and_keep_its_time():
    at = timezone.now() + datetime.timedelta(hours=1)
    with captured_tasks() as sent:
        result = tasks.double.using(run_after=at).enqueue(1)
    assert sent[0].not_before == at
    assert tasks.double.get_result(result.id).task.run_after == at


def test_tasks_may_be_in_order_and_in_another_database(configured):
    configured(OPTIONS={"ORDER_KEY": "tests.tasks.django_tasks.test_backend.key_of"})
    with captured_tasks() as sent:
        tasks.double.enqueue(7)
    assert sent[0].order_key == "key 7"
    backend = configured(OPTIONS={"USING": "second"})
    with captured_tasks() as sent, transaction.atomic(using="second"):
        result = tasks.double.enqueue(7)
    assert sent[0].using == "second"
    assert backend.get_result(result.id).args == [7]


def key_of(task, args, kwargs):
    return f"key {args[0]}"


def test_what_is_cancelled_has_failed():
    with captured_tasks() as sent:
        result = tasks.double.using(priority=100).enqueue(1)
        assert OutboxTask.objects.get().priority == 9
        assert cancel_task(result.id)
    result.refresh()
    assert (result.status, result.errors[0].traceback) == ("FAILED", "TaskError: cancelled")
    assert len(sent) <= 1


def test_every_queue_is_taken_where_none_is_named(configured):
    configured(QUEUES=[])
    assert run(tasks.double.using(queue_name="any at all"), 1).task.queue_name == "any at all"


def test_results_are_those_that_were_not_cleared():
    backend = task_backends["default"]
    with captured_tasks():
        tasks.double.enqueue(1)
        assert [result.args for result in backend.results] == [[1]]
        backend.clear()
        tasks.double.enqueue(2)
    assert [result.args for result in backend.results] == [[2]]


def test_results_are_kept_as_long_as_the_option_says(configured, settings):
    settings.EAGLET_TASK_RETENTION_SECONDS = 3600
    configured(OPTIONS={"RETENTION": 60})
    old = timezone.now() - datetime.timedelta(seconds=100)
    result = run(tasks.double, 1)
    kept = run(tasks.make_group, "kept")
    OutboxTask.objects.update(state=OutboxTask.State.SENT, due_at=old)
    ReceivedTask.objects.update(due_at=old)
    assert [retention.prune("default") for retention in RETENTIONS] == [1, 1, 0]
    with pytest.raises(TaskResultDoesNotExist):
        tasks.double.get_result(result.id)
    assert tasks.make_group.get_result(kept.id)


@pytest.mark.django_db(transaction=True)
def test_an_enqueue_after_the_commit_is_warned_of_once(caplog, monkeypatch):
    monkeypatch.setattr("eaglet.tasks.backend._warned", set())
    with caplog.at_level(logging.WARNING), captured_tasks() as sent:
        tasks.double.enqueue(0)
        for n in (1, 2):
            with transaction.atomic():
                transaction.on_commit(partial(tasks.double.enqueue, n))
        with transaction.atomic():
            tasks.double.enqueue(3)
    assert [one.args["args"] for one in sent] == [[0], [1], [2], [3]]
    assert ["on_commit" in record.message for record in caplog.records] == [True]


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"OPTIONS": {"USING": "nowhere"}}, "'nowhere'"),
        ({"OPTIONS": {"PREFETCH": 1}}, "'PREFETCH'"),
        ({"OPTIONS": {"ONCE": "yes"}}, "ONCE"),
        ({"OPTIONS": {"MAX_ATTEMPTS": 0}}, "MAX_ATTEMPTS"),
        ({"OPTIONS": {"MAX_ATTEMPTS": 1.5}}, "MAX_ATTEMPTS"),
        ({"OPTIONS": {"RETENTION": "day"}}, "RETENTION"),
        ({"OPTIONS": {"ORDER_KEY": "tests.no.such"}}, "ORDER_KEY"),
        ({"OPTIONS": {"ORDER_KEY": "tests.tasks.django_tasks.broken.key"}}, "it breaks"),
        ({"OPTION": {"ONCE": True}}, "'OPTION' is none of"),
        ({"QUEUES": ["a\n"]}, "a queue's name"),
        ({"QUEUES": ["x" * 300]}, "a queue's name"),
        ({"QUEUES": "mail"}, "QUEUES"),
        ({"QUEUES": None}, "QUEUES"),
        ({"QUEUES": ["mail", 7]}, "QUEUES"),
        ({"QUEUES": [["mail"]]}, "QUEUES"),
        ({"OPTIONS": ["ONCE"]}, "OPTIONS"),
    ],
)
def test_what_is_wrong_in_the_settings_is_named(configured, params, said):
    configured(**params)
    found = [one for one in run_checks() if one.id == "eaglet_tasks.E004"]
    assert len(found) == 1
    assert said in found[0].msg
    assert "'default'" in found[0].msg


def test_nothing_is_wrong_with_what_is_right():
    assert not [one for one in run_checks() if "TASKS" in one.msg]
