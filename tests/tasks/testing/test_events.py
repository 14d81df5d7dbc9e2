"""Events in tests: captured, and taken by this service's subscribers in this process."""

import pytest
from django.contrib.auth.models import Group
from django.db import transaction

from eaglet.params import param_required
from eaglet.tasks import (
    captured_events,
    captured_tasks,
    current_event,
    on_event,
    publish_event,
    send_task,
    task,
)
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.testing import inline_tasks

pytestmark = pytest.mark.django_db


def test_events_and_tasks_are_captured_each_for_themselves(received):
    with captured_tasks() as tasks, captured_events() as events:
        publish_event("points.changed", {"n": 1}, order_key="7")
        send_task("points.changed", {"n": 2})
        with transaction.atomic():
            publish_event("points.spent", {})
            transaction.set_rollback(True)
    assert [(one.name, one.args, one.order_key) for one in events] == [
        ("points.changed", {"n": 1}, "7")
    ]
    assert [one.args for one in tasks] == [{"n": 2}]
    assert received("points.changed") == []


def test_each_subscriber_of_this_project_takes_an_event_once(queue, settings):
    own = settings.EAGLET_SERVICE_NAME

    @on_event("points.*", once=True)
    @param_required(["member_id:int"])
    def any_of_points(args):
        Group.objects.create(name=f"{current_event()} {args['member_id']}")
        send_task(queue, args)

    @on_event("points.changed")
    def changed(args):
        return current_event()

    @on_event("points.changed", purpose="audit")
    def audit(args):
        raise ValueError("broken")

    @task(queue)
    def follow(args):
        assert current_event() == ""

    with inline_tasks(deliveries=2, raise_errors=False) as ran:
        event_id = publish_event("points.changed", {"member_id": "7"})
        publish_event("orders.paid", {})
        publish_event("orders.paid", {}, require_subscriber=True)
    assert list(Group.objects.values_list("name", flat=True)) == ["points.changed 7"]
    assert [one.queue_name for one in ran.untaken] == ["orders.paid"]
    assert {one.queue_name for one in ran if one.is_parked} == {f"{own}.points.changed:audit"}
    rows = ReceivedTask.objects.filter(task_id=event_id)
    assert {(row.queue_name, row.state) for row in rows} == {
        (f"{own}.points.*", ReceivedTask.State.DONE),
        (f"{own}.points.changed", ReceivedTask.State.DONE),
        (f"{own}.points.changed:audit", ReceivedTask.State.PARKED),
    }
