from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone

from eaglet.tasks.models import OutboxTask

State = OutboxTask.State

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def parked():
    now = timezone.now()
    for n, (queue_name, order_key) in enumerate([("q.a", ""), ("q.a", "member 1"), ("q.b", "")]):
        OutboxTask.objects.create(
            task_id=f"task {n}",
            queue_name=queue_name,
            order_key=order_key,
            arguments="{}",
            state=State.PARKED,
            attempts=10,
            written_at=now,
            due_at=now,
            parked_at=now,
            last_error="PRECONDITION_FAILED",
        )


def replay(**options):
    output = StringIO()
    call_command("replay_outbox", stdout=output, **options)
    return output.getvalue()


def states():
    return list(OutboxTask.objects.order_by("pk").values_list("state", flat=True))


def test_without_a_choice_they_are_listed_with_their_cause():
    lines = replay().splitlines()
    assert next(line.split()[:3] for line in lines) == ["task", "0", "q.a"]
    assert len(lines) == 3
    assert all("PRECONDITION_FAILED" in line for line in lines)
    assert set(states()) == {State.PARKED}


def test_those_of_a_queue_wait_again_each_in_its_way():
    assert "2 tasks are tried again." in replay(queue="q.a")
    assert states() == [State.PENDING, State.IN_ORDER, State.PARKED]
    assert set(OutboxTask.objects.filter(queue_name="q.a").values_list("attempts")) == {(0,)}


def test_single_ones_or_all_can_be_chosen():
    replay(task=["task 2"])
    assert states() == [State.PARKED, State.PARKED, State.PENDING]
    replay(all=True)
    assert State.PARKED not in states()


@pytest.mark.parametrize(
    ("options", "reason"),
    [({"task": ["nobody's"]}, "no parked task"), ({"database": "nowhere"}, "has no outbox")],
)
def test_what_cannot_be_is_told(options, reason):
    with pytest.raises(CommandError, match=reason):
        replay(**options)


@pytest.mark.parametrize("command", ["replay_outbox", "replay_tasks"])
def test_a_missing_table_is_told(command):
    def execute(*args):
        raise OperationalError("no such table: eaglet_gone")

    told = "the table eaglet_gone is not there: run manage"
    with connection.execute_wrapper(execute), pytest.raises(CommandError, match=told):
        call_command(command, queue="q.a")
