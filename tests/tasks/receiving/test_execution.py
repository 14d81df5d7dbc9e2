"""What becomes of a task whose handler fails, and what Celery is told."""

import asyncio
import functools
import logging

import pytest
from celery.exceptions import Reject, Retry, WorkerShutdown
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, connection
from django.utils import timezone

from eaglet.exceptions import BrokerUnavailable
from eaglet.params import param_required
from eaglet.tasks import task
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.receiving.redelivery import Redelivery

State = ReceivedTask.State

pytestmark = pytest.mark.django_db


def test_each_attempt_gets_the_arguments_as_they_were_sent(queue):
    seen = []

    @task(queue)
    @param_required(["price:decimal", "more:json"])
    def changed(args):
        seen.append(dict(args))
        args["price"] = None
        raise ValueError

    changed.apply(args=[{"price": "1.50", "more": '"[1]"'}])
    assert len(seen) == 3
    assert seen[0] == seen[1] == seen[2]
    assert seen[0]["more"] == "[1]"
    assert '"1.50' in ReceivedTask.objects.get().message.replace("\\", "")


def test_the_contract_of_what_a_handler_calls_is_not_its_own(queue):
    @param_required(["a"])
    def deeper(args):
        raise AssertionError

    @task(queue)
    @param_required(["b"])
    def changed(args):
        deeper({})

    changed.apply(args=[{"b": 1}])
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (State.PARKED, 3)
    assert row.cause.startswith("MissingParam")


def test_what_does_not_fit_is_parked_at_its_first_attempt_with_every_fault(queue):
    @task(queue)
    @param_required(["a:int", "b"])
    def changed(args):
        raise AssertionError

    changed.apply(args=[{"a": "x"}])
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (State.PARKED, 1)
    assert "a: not an integer; b: missing" in row.cause


def test_a_retry_is_a_row_that_is_due_later_and_the_message_is_acknowledged(
    queue, as_by_a_worker, received, settings
):
    settings.EAGLET_HANDLER_BACKOFF_SECONDS = 10
    settings.CELERY_BROKER_URL = "memory://"

    @task(queue)
    def changed(args):
        raise ValueError

    headers = {"eaglet_request_id": "r", "argsrepr": "[...]"}
    with pytest.raises(Retry):
        as_by_a_worker(changed, {"password": "hush", "n": 1}, **headers)
    row = ReceivedTask.objects.get()
    assert row.state == State.RETRYING
    assert 7 < (row.due_at - timezone.now()).total_seconds() < 13
    Redelivery().look()
    assert received(queue) == []
    ReceivedTask.objects.update(due_at=timezone.now())
    Redelivery().look()
    [(headers, body)] = received(queue)
    assert body[0] == [{"password": "hush", "n": 1}]
    assert headers.get("eta") is None
    assert (headers["retries"], headers["eaglet_request_id"]) == (1, "r")
    assert headers["argsrepr"] == "[...]"
    assert ReceivedTask.objects.get().state == State.REPLAYED


@pytest.mark.parametrize("max_attempts", [1, 2])
def test_what_cant_be_parked_or_put_off_gives_the_message_back(
    queue, as_by_a_worker, monkeypatch, caplog, max_attempts
):
    @task(queue, max_attempts=max_attempts)
    def changed(args):
        raise ValueError

    def fail(*args, **options):
        raise ConnectionError("gone")

    monkeypatch.setattr("eaglet.tasks.receiving.ledger.note", fail)
    with pytest.raises(Reject) as raised:
        as_by_a_worker(changed, {})
    assert raised.value.requeue
    assert "could not be kept" in caplog.text


@pytest.mark.parametrize("max_attempts", [1, 3])
def test_a_failure_whose_row_the_ledger_refuses_stays_with_the_broker(
    queue, as_by_a_worker, max_attempts
):
    def refuse(execute, sql, *more):
        if sql.startswith("INSERT") and ReceivedTask._meta.db_table in sql:
            raise IntegrityError("a constraint of somebody's")
        return execute(sql, *more)

    @task(queue, max_attempts=max_attempts)
    def changed(args):
        raise ValueError

    with connection.execute_wrapper(refuse), pytest.raises(Reject) as raised:
        as_by_a_worker(changed, {})
    assert raised.value.requeue


def test_a_retry_that_the_broker_can_never_take_is_parked(queue, as_by_a_worker, settings):
    settings.CELERY_BROKER_URL = "memory://"

    @task(queue)
    def changed(args):
        raise ValueError("no")

    with pytest.raises(Retry):
        as_by_a_worker(changed, {})
    row = ReceivedTask.objects.get()
    message = row.message.replace('"cut": false', '"cut": true')
    ReceivedTask.objects.update(due_at=timezone.now(), message=message)
    Redelivery().look()
    row.refresh_from_db()
    assert row.state == State.PARKED
    assert "could not be published again" in row.cause


def test_a_retry_waits_for_a_broker_that_is_away(queue, as_by_a_worker, settings):
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1//"

    @task(queue)
    def changed(args):
        raise ValueError

    with pytest.raises(Retry):
        as_by_a_worker(changed, {})
    ReceivedTask.objects.update(due_at=timezone.now())
    with pytest.raises(BrokerUnavailable):
        Redelivery().look()
    row = ReceivedTask.objects.get()
    assert row.state == State.RETRYING
    assert row.due_at <= timezone.now()


class WithoutText(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize(
    "error",
    [WithoutText, MemoryError, asyncio.CancelledError, SystemExit, GeneratorExit, RecursionError],
)
def test_whatever_a_handler_raises_is_tried_again_and_parked(queue, as_by_a_worker, error):
    @task(queue, max_attempts=2)
    def changed(args):
        raise error

    with pytest.raises(Retry):
        as_by_a_worker(changed, {})
    # An Exception that Celery can keep, and that ends no process.
    with pytest.raises(Exception) as raised:  # noqa: PT011
        as_by_a_worker(changed, {}, retries=1)
    assert not isinstance(raised.value, MemoryError)
    assert str(raised.value) is not None
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (State.PARKED, 2)
    assert row.cause.startswith(error.__name__)


@pytest.mark.parametrize("error", [KeyboardInterrupt, WorkerShutdown])
def test_what_ends_the_worker_is_no_failure_of_its_task(queue, as_by_a_worker, error):
    @task(queue)
    def changed(args):
        raise error

    with pytest.raises(error):
        as_by_a_worker(changed, {})
    assert not ReceivedTask.objects.exists()


def test_a_function_that_is_not_run_by_calling_it_is_refused(queue):
    async def coroutine(args):
        pass

    def generator(args):
        yield 1

    async def both(args):
        yield 1

    for function in (coroutine, generator, both):
        with pytest.raises(ImproperlyConfigured, match="is async, or a generator"):
            task(queue)(function)


@pytest.mark.parametrize("number", [0, 1.5, "3", True])
def test_a_number_of_attempts_that_is_none_is_refused(queue, number):
    with pytest.raises(ImproperlyConfigured, match="whole number from 1"):
        task(queue, max_attempts=number)


def test_a_handler_without_a_name_is_refused(queue):
    for handler in (lambda args: None, functools.partial(print, 1), type("Once", (), {})()):
        with pytest.raises(ImproperlyConfigured, match="Declare one with def"):
            task(queue)(handler)


def test_a_coroutine_that_a_handler_returns_is_a_failure(queue):
    async def work():
        pass

    @task(queue, max_attempts=1)
    def changed(args):
        result = work()
        result.close()
        return result

    changed.apply(args=[{}])
    assert "which nobody runs" in ReceivedTask.objects.get().cause


def test_what_is_done_is_told_in_one_record(queue, caplog):
    @task(queue)
    def changed(args):
        return 1

    with caplog.at_level(logging.INFO, "eaglet.tasks.received"):
        changed.apply(args=[{"password": "hush"}], task_id="t-1")
    [record] = [one for one in caplog.records if one.name == "eaglet.tasks.received"]
    assert (record.task_id, record.outcome, record.attempt) == ("t-1", "done", 1)
    assert record.request_id
    assert "hush" not in record.getMessage()


def test_a_handler_can_still_tell_celery_what_to_do(queue, as_by_a_worker):
    @task(queue)
    def changed(args):
        raise Reject("not mine", requeue=True)

    with pytest.raises(Reject):
        as_by_a_worker(changed, {})
    assert not ReceivedTask.objects.exists()


def test_a_task_that_is_parked_is_not_begun_by_a_repeat(queue):
    calls = []

    @task(queue, max_attempts=1)
    def changed(args):
        calls.append(1)
        raise ValueError

    first = changed.apply(args=[{}], task_id="1")
    second = changed.apply(args=[{}], task_id="1")
    assert (first.state, second.state) == ("FAILURE", "IGNORED")
    assert len(calls) == 1
