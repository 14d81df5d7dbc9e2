import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, IntegrityError, OperationalError, transaction

from eaglet.tasks import send_task, task
from eaglet.tasks.models import InboxEntry, OutboxTask, ReceivedTask

pytestmark = pytest.mark.django_db


def deliver(declared, args, task_id="1", headers=None, **options):
    """Have Celery run a task as a worker does, but here and now."""
    return declared.apply(args=[args], task_id=task_id, headers=headers, **options)


def names():
    return list(Group.objects.order_by("pk").values_list("name", flat=True))


def test_a_task_that_comes_again_is_not_done_again(queue):
    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name=f"{args['name']} {Group.objects.count()}")
        return {"created": args["name"]}

    first = deliver(changed, {"name": "a"})
    second = deliver(changed, {"name": "a"})
    assert names() == ["a 0"]
    assert first.result == second.result == {"created": "a"}
    assert (first.state, second.state) == ("SUCCESS", "SUCCESS")


def test_ids_that_differ_in_case_only_are_two_tasks(queue):
    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name=str(Group.objects.count()))

    for task_id in ("a", "A", "a "):
        deliver(changed, {}, task_id=task_id)
    assert names() == ["0", "1", "2"]


def test_what_a_failed_attempt_did_is_rolled_back_and_done_by_the_next(queue):
    attempts = []

    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name="a")
        send_task("services.card.tasks.changed", {})
        attempts.append(None)
        if len(attempts) < 3:
            raise ValueError("not yet")

    deliver(changed, {})
    assert len(attempts) == 3
    assert names() == ["a"]
    assert OutboxTask.objects.count() == 1
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (ReceivedTask.State.DONE, 3)


def test_a_handler_that_hides_a_broken_transaction_is_not_taken_for_done(queue):
    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name="a")
        try:
            with transaction.atomic(savepoint=False):
                raise IntegrityError("hidden")
        except DatabaseError:
            return

    deliver(changed, {})
    row = ReceivedTask.objects.get()
    assert row.state == ReceivedTask.State.PARKED
    assert "can only be rolled back" in row.cause
    assert not InboxEntry.objects.exists()


def test_an_error_of_the_handlers_own_rows_is_not_taken_for_a_repeat(queue):
    Group.objects.create(name="a")

    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name="a")

    deliver(changed, {})
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (ReceivedTask.State.PARKED, 3)
    assert row.cause.startswith("IntegrityError")


@pytest.mark.django_db(databases=["default", "second"])
def test_the_inbox_is_in_the_database_that_using_names(queue):
    @task(queue, once=True, using="second")
    def changed(args):
        Group.objects.using("second").create(name=str(Group.objects.using("second").count()))

    deliver(changed, {})
    deliver(changed, {})
    assert Group.objects.using("second").count() == 1
    assert InboxEntry.objects.using("second").count() == 1
    assert not InboxEntry.objects.exists()


def test_what_json_cant_carry_may_still_be_returned(queue):
    @task(queue, once=True)
    def changed(args):
        return object

    assert deliver(changed, {}).result is object
    assert deliver(changed, {}).result is None


def test_a_forced_replay_is_done_again_and_only_once(queue):
    @task(queue, once=True)
    def changed(args):
        Group.objects.create(name=str(Group.objects.count()))

    deliver(changed, {})
    deliver(changed, {}, headers={"eaglet_replay": "x"})
    assert names() == ["0"]
    ReceivedTask.objects.replay(force=True)
    for _ in range(2):
        deliver(changed, {}, headers={"eaglet_replay": ReceivedTask.objects.get().replay})
    assert names() == ["0", "1"]


def test_what_could_not_be_due_at_its_beginning_is_due_at_its_end(queue, monkeypatch):
    @task(queue, once=True)
    def changed(args):
        return 1

    def fail(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr("eaglet.tasks.receiving.ledger.begin", fail)
    assert deliver(changed, {}).result == 1
    row = ReceivedTask.objects.get()
    assert (row.state, row.attempts) == (ReceivedTask.State.DONE, 1)


def test_without_time_zones_it_is_noted_when_a_task_was_received(queue, settings):
    settings.USE_TZ = False

    @task(queue)
    def changed(args):
        return 1

    deliver(changed, {}, headers={"eaglet_received_at": 1_800_000_000.5})
    assert ReceivedTask.objects.get().received_at.microsecond == 500_000


def test_a_replay_of_what_is_done_does_nothing_even_without_once(queue):
    calls = []

    @task(queue)
    def changed(args):
        calls.append(1)

    deliver(changed, {})
    deliver(changed, {}, headers={"eaglet_replay": "x"})
    assert len(calls) == 1
    assert ReceivedTask.objects.replay() == 0
    ReceivedTask.objects.replay(force=True)
    deliver(changed, {}, headers={"eaglet_replay": ReceivedTask.objects.get().replay})
    assert len(calls) == 2
    assert ReceivedTask.objects.get().state == ReceivedTask.State.DONE
