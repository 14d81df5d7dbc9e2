"""What becomes of a task whose handler fails, and what Celery is told."""

import logging
import uuid

import pytest
from celery.exceptions import Reject, Retry

from eaglet.params import param_required
from eaglet.tasks import task
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.receiving import celery_task, decorator

State = ReceivedTask.State

pytestmark = pytest.mark.django_db


@pytest.fixture
def queue(monkeypatch, settings):
    monkeypatch.setattr(decorator, "_handlers", {})
    monkeypatch.setattr(celery_task, "_PAUSE_BEFORE_REQUEUE_SECONDS", 0)
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 3
    return f"services.points.{uuid.uuid4()}"


@pytest.fixture
def as_by_a_worker():
    """Run a task as in a worker, where a retry is published, and give what Celery is told."""

    def run(declared, args, **request):
        declared.push_request(
            id="1", args=[args], kwargs={}, called_directly=False, is_eager=False,
            delivery_info={"exchange": "", "routing_key": declared.name}, **request,
        )  # fmt: skip
        try:
            return declared.run(args)
        finally:
            declared.pop_request()

    return run


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


def test_max_attempts_is_the_tasks_own(queue):
    @task(queue, max_attempts=1)
    def changed(args):
        raise ValueError

    changed.apply(args=[{}])
    assert ReceivedTask.objects.get().attempts == 1


def test_a_retry_is_published_later_without_its_secrets_in_the_open(
    queue, as_by_a_worker, received, settings, monkeypatch
):
    settings.EAGLET_HANDLER_BACKOFF_SECONDS = 10

    @task(queue)
    def changed(args):
        raise ValueError

    monkeypatch.setitem(changed.app.conf, "broker_url", "memory://")
    with pytest.raises(Retry):
        as_by_a_worker(changed, {"password": "hush", "n": 1}, headers={"eaglet_request_id": "r"})
    [(headers, body)] = received(queue)
    assert body[0] == [{"password": "hush", "n": 1}]
    assert headers["eta"]
    assert (headers["retries"], headers["eaglet_request_id"]) == (1, "r")
    assert "hush" not in headers["argsrepr"]
    assert ReceivedTask.objects.get().state == State.RETRYING


def test_a_retry_that_cant_be_published_gives_the_message_back(queue, as_by_a_worker, monkeypatch):
    @task(queue)
    def changed(args):
        raise ValueError

    def fail(*args, **options):
        raise ConnectionError("gone")

    monkeypatch.setattr(changed.app, "send_task", fail)
    monkeypatch.setattr(type(changed._get_current_object()), "apply_async", fail)
    with pytest.raises(Reject) as raised:
        as_by_a_worker(changed, {})
    assert raised.value.requeue


def test_what_cant_be_parked_gives_the_message_back(queue, as_by_a_worker, monkeypatch, caplog):
    @task(queue, max_attempts=1)
    def changed(args):
        raise ValueError

    def fail(*args, **options):
        raise RuntimeError("no database")

    monkeypatch.setattr("eaglet.tasks.receiving.ledger.park", fail)
    with pytest.raises(Reject) as raised:
        as_by_a_worker(changed, {})
    assert raised.value.requeue
    assert "could not be parked" in caplog.text


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
    assert ReceivedTask.objects.get().state == State.STARTED


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
