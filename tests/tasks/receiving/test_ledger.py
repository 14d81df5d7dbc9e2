"""What the ledger says of tasks whose session to the database breaks, or that have no end."""

import datetime

import pytest
from celery.exceptions import Retry
from django.db import connection
from django.utils import timezone

from eaglet.tasks import task
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.receiving.delivery import Delivery
from eaglet.tasks.receiving.ledger import note_many, row_of
from eaglet.tasks.receiving.redelivery import Redelivery
from eaglet.tasks.receiving.stored_message import StoredMessage

State = ReceivedTask.State


@pytest.fixture
def broken_session(monkeypatch):
    """Break the session under Django, as an idle time-out does; what is asked of it fails."""
    if not (connection.vendor == "sqlite" and connection.is_in_memory_db()):

        def break_it():
            connection.ensure_connection()  # a test that has asked for nothing has none yet
            connection.connection.close()

        yield break_it
        return

    # The database lives in its session, which is there again once Django has closed the broken one.
    keeper = connection.connection

    class Broken:
        def cursor(self, *args, **kwargs):
            raise connection.Database.OperationalError("server closed the connection")

    monkeypatch.setattr(connection, "close", lambda: setattr(connection, "connection", keeper))
    yield lambda: setattr(connection, "connection", Broken())
    connection.connection = keeper


@pytest.mark.django_db(transaction=True)
def test_a_session_that_breaks_while_a_handler_runs_keeps_its_end_from_nobody(
    queue, broken_session, as_by_a_worker
):
    @task(queue)
    def changed(args):
        broken_session()
        return 7

    assert as_by_a_worker(changed, {}) == 7
    assert ReceivedTask.objects.get().state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_session_that_breaks_keeps_no_failure_and_its_cause_from_the_ledger(
    queue, broken_session, as_by_a_worker
):
    @task(queue, max_attempts=2)
    def changed(args):
        broken_session()
        raise ValueError("its own fault")

    with pytest.raises(Retry):
        as_by_a_worker(changed, {})
    assert ReceivedTask.objects.get().state == State.RETRYING
    with pytest.raises(ValueError, match="own fault"):
        as_by_a_worker(changed, {}, retries=1)
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (State.PARKED, 2)
    assert "its own fault" in row.cause


@pytest.mark.django_db
@pytest.mark.parametrize(("limit_hours", "longest_hours"), [(None, 24), (1, 24), (72, 72)])
def test_a_task_whose_end_nobody_noted_is_parked_once_it_may_not_run_any_longer(
    settings, limit_hours, longest_hours
):
    settings.CELERY_BROKER_URL = "memory://"
    settings.CELERY_TASK_TIME_LIMIT = limit_hours and limit_hours * 3600
    now = timezone.now()
    for name, hours in (("lost", longest_hours + 1), ("running", longest_hours - 1)):
        at = now - datetime.timedelta(hours=hours)
        ReceivedTask.objects.create(
            key=name, task_id=name, queue_name="q", state=State.STARTED, received_at=at, due_at=at
        )
    Redelivery().look()
    lost, running = ReceivedTask.objects.order_by("key")
    assert lost.state == State.PARKED
    assert "may have been done" in lost.cause
    assert running.state == State.STARTED


@pytest.mark.django_db
def test_what_was_done_twice_since_the_last_look_is_one_row_that_tells_of_the_later():
    def done(task_id, ended_at):
        delivery = Delivery(task_id, "q", lambda: StoredMessage(b"[[{}], {}, {}]"))
        return row_of(delivery, 1.0, ended_at)

    note_many([], [done("a", 2.0)])
    note_many([], [done("a", 3.0), done("b", 4.0), done("a", 5.0), done("c", 6.0)])
    ended = ReceivedTask.objects.values_list("task_id", "ended_at")
    assert sorted((name, at.timestamp()) for name, at in ended) == [("a", 5), ("b", 4), ("c", 6)]
