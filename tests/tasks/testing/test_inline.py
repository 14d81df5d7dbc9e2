import datetime

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from eaglet.exceptions import TaskError
from eaglet.observability import tracing
from eaglet.tasks import send_task, task
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.testing import inline_tasks

pytestmark = pytest.mark.django_db


def test_tasks_are_run_at_the_end_of_the_block_as_their_receiver_gets_them(queue):
    got = []

    @task(queue)
    def changed(args):
        got.append(args)
        return {"n": args["n"] + 1}

    with inline_tasks() as ran:
        send_task(queue, {"n": 1, "day": datetime.date(2026, 11, 25), "pair": (1, 2)})
        with transaction.atomic():
            send_task(queue, {"n": 2})
            transaction.set_rollback(True)
        assert got == []
    assert got == [{"n": 1, "day": "2026-11-25", "pair": [1, 2]}]
    assert ran[0].result == {"n": 2}
    assert ReceivedTask.objects.get().state == ReceivedTask.State.DONE


def test_what_tasks_send_is_run_too_and_part_of_the_same_trace(queue):
    seen = []

    @task(queue)
    def changed(args):
        trace = tracing.current()
        seen.append((trace.request_id, trace.trace_id))
        if args["n"]:
            send_task(queue, {"n": args["n"] - 1})

    with inline_tasks() as ran, tracing.tracing(tracing.Trace(request_id="r-1")) as trace:
        send_task(queue, {"n": 2})
        trace_id = trace.trace_id
    assert len(ran) == 3
    assert set(seen) == {("r-1", trace_id)}


def test_a_repeat_shows_what_once_does(queue):
    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name=str(Group.objects.count()))

    with inline_tasks(deliveries=2) as ran:
        send_task(queue, {})
    assert len(ran) == 2
    assert Group.objects.count() == 1


def test_an_error_of_a_handler_is_raised(queue):
    @task(queue)
    def changed(args):
        raise LookupError("no such member")

    with pytest.raises(LookupError, match="no such member"), inline_tasks():
        send_task(queue, {})


def test_or_the_task_is_tried_again_and_parked_as_by_a_worker(queue, settings):
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 3
    attempts = []

    @task(queue)
    def changed(args):
        attempts.append(args)
        raise LookupError("no such member")

    with inline_tasks(raise_errors=False) as ran:
        send_task(queue, {"n": 1})
    assert len(attempts) == 3
    assert ran[0].is_parked
    assert isinstance(ran[0].error, LookupError)
    assert ReceivedTask.objects.get().state == ReceivedTask.State.PARKED


def test_what_nobody_takes_is_told_apart(queue):
    with inline_tasks() as ran:
        send_task(queue, {"n": 1})
    assert len(ran) == 0
    assert ran.untaken[0].args == {"n": 1}


def test_tasks_that_send_each_other_for_ever_are_stopped(queue, monkeypatch):
    monkeypatch.setattr("eaglet.tasks.testing.inline.MOST_RUN", 5)

    @task(queue)
    def changed(args):
        send_task(queue, {})

    with pytest.raises(TaskError, match="for ever"), inline_tasks():
        send_task(queue, {})
