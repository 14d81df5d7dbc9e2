"""What can be published, and who would get it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.contracts.topics import matches
from eaglet.exceptions import InvalidTask
from eaglet.tasks import emits, on_event, publish_event, send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import events

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_declarations(monkeypatch):
    monkeypatch.setattr(events, "_declared", {})


@pytest.mark.parametrize(
    ("pattern", "name", "is_one"),
    [
        # AMQP 0-9-1 §3.1.3.3
        ("points.changed", "points.changed", True),
        ("points.changed", "points.changed.twice", False),
        ("points.*", "points.changed", True),
        ("points.*", "points", False),
        ("points.*", "points.changed.twice", False),
        ("*.changed", "points.changed", True),
        ("points.#", "points", True),
        ("points.#", "points.a.b", True),
        ("points.#", "pointsa", False),
        ("#.changed", "changed", True),
        ("a.#.b", "a.b", True),
        ("a.#.b", "a.x.y.b", True),
        ("#", "anything.at.all", True),
        ("*.*", "one", False),
    ],
)
def test_a_pattern_is_what_amqp_says(pattern, name, is_one):
    assert matches(pattern, name) is is_one


@pytest.mark.parametrize("name", ["", ".", "points.", "a..b", "points.*", "#", "a b", "é", 7, None])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(InvalidTask, match="can't be the name of an event"):
        publish_event(name, {})


@pytest.mark.parametrize("name", ["points.chan*", "", "a..#", "points.*:cache"])
def test_what_is_no_pattern_is_refused(name):
    with pytest.raises(InvalidTask, match="can't be the name of an event"):
        on_event(name)


def test_an_event_is_of_the_payload_that_is_declared_and_no_task_is_meant():
    changed = emits("points.changed", ["member_id:int"])
    with pytest.raises(InvalidTask, match="member_id"):
        publish_event("points.changed", {})
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        emits("points.changed", ["member_id:str"])
    changed.publish({"member_id": 7}, order_key="7", require_subscriber=True)
    send_task("points.changed", {})
    event, task = OutboxTask.objects.order_by("pk")
    assert (event.kind, event.state) == (OutboxTask.Kind.NEEDED_EVENT, OutboxTask.State.IN_ORDER)
    assert task.kind == OutboxTask.Kind.TASK


def test_a_unique_key_tells_an_event_from_a_task_of_its_name():
    options = {"unique_key": "7", "delay_seconds": 60}
    ids = [send("points.changed", {}, **options) for send in (publish_event, send_task) * 2]
    assert ids == ids[:2] * 2
    assert ids[0] != ids[1]
