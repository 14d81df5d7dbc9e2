"""Events, published and taken by real workers of several services over each broker."""

import pytest
from django.contrib.auth.models import Group
from prometheus_client import REGISTRY

from eaglet.tasks import on_event, publish_event
from eaglet.tasks.health import examine_tasks
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving import decorator
from eaglet.tasks.sending import publisher
from tests.tasks.receiver.running import ALIAS

State = ReceivedTask.State

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _over_this_broker(receiver):
    publisher.renew()
    yield
    publisher.renew()


def names():
    return sorted(Group.objects.using(ALIAS).values_list("name", flat=True))


def publish(event, **args):
    event_id = publish_event(event, args)
    assert OutboxTask.objects.get(task_id=event_id).state == OutboxTask.State.SENT
    return event_id


def test_every_service_has_each_event_also_what_came_while_it_was_away(receiver):
    event = f"{receiver.queue}.changed"
    publish(event, name="before anybody subscribed")
    card, shop = receiver.worker(service="card"), receiver.worker(service="shop")
    publish(event, name="1")
    receiver.until(lambda: names() == ["card: 1", "shop: 1"])
    receiver.kill(shop)
    publish(event, name="2")
    publish(f"{event}.not", name="3")
    receiver.until(lambda: names() == ["card: 1", "card: 2", "shop: 1"])
    # The ledger is told a little later.
    receiver.until(lambda: len(receiver.rows(queue_name=f"card.{event}")) == 2)
    receiver.kill(card)
    receiver.worker(service="shop")
    receiver.until(lambda: names() == ["card: 1", "card: 2", "shop: 1", "shop: 2"])


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_the_doctor_tells_workers_of_one_name_on_one_machine_apart(receiver, settings, monkeypatch):
    for service in ("card", "shop"):
        receiver.worker("--hostname=celery@machine", service=service)
    for service in ("card", "shop"):
        settings.EAGLET_SERVICE_NAME = service
        monkeypatch.setattr(decorator, "_handlers", {})
        on_event(f"{receiver.queue}.changed")(print)
        told = [one for one in examine_tasks() if "takes this service's events" in one.text]
        assert len(told) == 1
        assert f"{service}.{receiver.queue}.*.failed" in told[0].text


def test_a_replay_is_of_one_subscriber_alone(receiver):
    event = f"{receiver.queue}.points.failed"
    shop, card = (receiver.worker(service=name) for name in ("shop", "card"))
    event_id = publish(event, name="1")
    receiver.until(lambda: len(receiver.rows(state=State.PARKED)) == 2)
    [mine, other] = receiver.rows(state=State.PARKED)
    assert (mine.task_id, other.task_id) == (event_id, event_id)
    Group.objects.using(ALIAS).create(name="mended")
    ReceivedTask.objects.using(ALIAS).filter(pk=mine.pk).replay()
    service = mine.queue_name.partition(".")[0]
    receiver.until(lambda: set(names()) == {"mended", f"{service} {event}: 1"})
    receiver.until(lambda: receiver.rows(state=State.DONE))
    assert [row.queue_name for row in receiver.rows(state=State.PARKED)] == [other.queue_name]
    for worker in (shop, card):
        receiver.kill(worker)


def test_a_message_of_no_task_is_parked_with_the_queue_that_it_came_from(receiver):
    worker = receiver.worker(service="shop")
    publish(f"{receiver.queue}.points.failed", no="name")
    receiver.until(lambda: receiver.rows(state=State.PARKED))
    [row] = receiver.rows()
    assert row.queue_name == f"shop.{receiver.queue}.*.failed"
    assert "name: missing" in row.cause
    assert worker.is_running


def test_an_event_without_a_subscriber_is_sent_and_counted_or_parked_if_it_needs_one(receiver):
    event = f"{receiver.queue}.unheard"
    publish(event)
    counted = REGISTRY.get_sample_value("eaglet_events_without_subscriber_total", {"event": event})
    assert counted == 1
    needed = OutboxTask.objects.get(task_id=publish_event(event, {}, require_subscriber=True))
    assert needed.state == OutboxTask.State.PARKED
    assert f"no queue is bound for {event}" in needed.last_error
