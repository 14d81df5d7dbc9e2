"""`manage.py eaglet_subscriptions`, checks and the doctor, over each broker."""

import uuid

import pytest
from amqp import PreconditionFailed
from celery import Celery
from celery.contrib.testing.worker import start_worker
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from kombu import Connection, Queue

from eaglet.tasks import emits, on_event, publish_event
from eaglet.tasks.broker.headers import EVENT
from eaglet.tasks.broker.queues import event_queue
from eaglet.tasks.database import utc_now
from eaglet.tasks.health import examine_tasks
from eaglet.tasks.models import ReceivedTask
from eaglet.tasks.receiving import decorator
from eaglet.tasks.receiving.stored_message import StoredMessage
from eaglet.tasks.sending import events, publisher
from tests.tasks.receiving.conftest import BROKERS

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(params=BROKERS)
def broker(request, settings, tmp_path, monkeypatch):
    url = f"eaglet://{tmp_path / 'queue'}"
    if request.param != "embedded":
        url = request.getfixturevalue(request.param).url
    settings.CELERY_BROKER_URL = url
    settings.EAGLET_SERVICE_NAME = f"shop-{uuid.uuid4().hex[:8]}"
    monkeypatch.setattr(decorator, "_handlers", {})
    monkeypatch.setattr(events, "_declared", {})
    publisher.renew()
    yield url
    publisher.renew()


@pytest.fixture
def subscribe(broker, settings):
    """Bind a queue of this service for events, as a worker does that starts."""

    def bind(pattern):
        with Connection(broker) as connection:
            queue = event_queue(f"{settings.EAGLET_SERVICE_NAME}.{pattern}", pattern)
            queue(connection.default_channel).declare()
        return queue.name

    return bind


@pytest.fixture
def told(capsys):
    def call(*arguments, **options):
        call_command("eaglet_subscriptions", *arguments, **options)
        return capsys.readouterr().out.splitlines()

    return call


def nothing(args):
    pass


def note(queue, state, event=None):
    """Note in the ledger that a worker has taken from a queue: an event, or a task."""
    now = utc_now()
    message = StoredMessage(b"", headers={EVENT: event} if event else {}).to_text()
    ReceivedTask.objects.create(
        key=queue, queue_name=queue, state=state, received_at=now, due_at=now, message=message
    )


def test_a_subscription_is_listed_with_what_waits_until_it_is_deleted(subscribe, told, settings):
    name = f"points.{uuid.uuid4().hex}"
    service = settings.EAGLET_SERVICE_NAME
    on_event(name)(nothing)
    assert told("list") == [
        f"{service}.{name}: for {name}, not there: start a worker, which makes it"
    ]
    queue = subscribe(name)
    publish_event(name, {})
    publish_event(name, {})
    assert told("list") == [f"{queue}: for {name}, 2 events wait"]
    note(queue, ReceivedTask.State.PARKED, name)
    assert told("lag") == [f"{queue}: 2 events wait, 0 to be tried again, 1 parked"]
    with pytest.raises(CommandError, match=f"{queue} still has 2 events.*--force"):
        told("delete", name)
    assert told("delete", name, force=True)[0] == f"{queue} is deleted, with 2 events in it."
    publish_event(name, {})
    assert "not there" in told("list")[0]
    # A worker that starts subscribes anew.
    subscribe(name)
    assert told("list") == [f"{queue}: for {name}, 0 events wait"]
    assert told("delete", queue)[0] == f"{queue} is deleted, with 0 events in it."
    with pytest.raises(CommandError, match="no subscription 'nothing'; there are: "):
        told("delete", "nothing")


def test_what_is_to_be_tried_again_is_among_what_would_be_lost(subscribe, told):
    queue = subscribe("points.#")
    note(queue, ReceivedTask.State.RETRYING, "points.changed")
    with pytest.raises(CommandError, match=f"{queue} still has 1 events.*--force"):
        told("delete", queue)
    assert told("delete", queue, force=True) == [f"{queue} is deleted, with 1 events in it."]


def test_one_that_nothing_takes_any_more_is_named_with_what_to_do(subscribe, told):
    queue = subscribe("points.#")
    # All that RabbitMQ leaves to know it by.
    note(queue, ReceivedTask.State.DONE, "points.changed")
    assert told("list") == [
        f"{queue}: for points.#, 0 events wait; nothing here takes it any more: delete it, or "
        "events pile up"
    ]
    assert f"manage.py eaglet_subscriptions delete {queue}" in {
        one.remedy for one in examine_tasks()
    }
    told("delete", queue)
    assert told("list") == ["This service has no subscriptions."]


def test_neither_a_queue_of_tasks_nor_one_of_another_service_is_a_subscription(
    broker, subscribe, told, settings
):
    service = settings.EAGLET_SERVICE_NAME
    tasks = f"{service}.tasks.changed"
    with Connection(broker) as connection:
        connection.SimpleQueue(tasks).put("{}")
    note(tasks, ReceivedTask.State.DONE)
    settings.EAGLET_SERVICE_NAME = f"{service}.europe"
    other = subscribe("points.changed")
    note(other, ReceivedTask.State.DONE, "points.changed")
    settings.EAGLET_SERVICE_NAME = service
    assert told("list") == ["This service has no subscriptions."]
    settings.EAGLET_SERVICE_NAME = f"{service}.europe"
    assert told("list")[0].startswith(f"{other}: for points.changed, 0 events wait")
    told("delete", other)


@pytest.mark.parametrize(
    "broker", [pytest.param("rabbitmq", marks=pytest.mark.services)], indirect=True
)
@pytest.mark.parametrize("argument", ["x-message-ttl", "x-max-length"])
def test_a_queue_with_other_arguments_is_named_with_what_to_do(
    broker, subscribe, settings, caplog, argument
):
    name = f"{settings.EAGLET_SERVICE_NAME}.points.changed"
    with Connection(broker) as connection:
        queue = Queue(name, queue_arguments={argument: 60_000})(connection.default_channel)
        queue.declare()
        subscribe("points.changed")
        queue.delete()
    [told] = [one for one in caplog.records if one.levelname == "WARNING"]
    assert f"queue {name} is there already" in told.message
    assert argument in told.message
    assert "Deleted once nothing is in it" in told.message


@pytest.mark.parametrize(
    "broker", [pytest.param("rabbitmq", marks=pytest.mark.services)], indirect=True
)
def test_a_queue_that_goes_with_its_worker_keeps_no_events_and_is_refused(
    broker, subscribe, settings
):
    name = f"{settings.EAGLET_SERVICE_NAME}.points.changed"
    with Connection(broker) as connection:
        queue = Queue(name, auto_delete=True)(connection.default_channel)
        queue.declare()
        with pytest.raises(PreconditionFailed, match="auto_delete"):
            subscribe("points.changed")
        queue.delete()


@pytest.mark.parametrize("url", ["amqp://127.0.0.1:1//", "redis://127.0.0.1:1", "amqp://a:b:c"])
@pytest.mark.parametrize("broker", ["embedded"], indirect=True)
def test_a_broker_that_is_away_is_told(broker, told, settings, url):
    settings.CELERY_BROKER_URL = url
    with pytest.raises(CommandError, match="the broker can't be asked"):
        told("list")


def found():
    return {one.id: one for one in run_checks() if one.id.startswith("eaglet_tasks.")}


def test_a_pattern_that_no_known_event_is_of_is_found(broker, settings):
    settings.DEBUG = True
    settings.EAGLET_READY_NEEDS_BROKER = False
    on_event("points.chnaged")(nothing)
    on_event("orders.*")(nothing)
    assert found() == {}  # no event is known
    emits("points.changed", [])
    emits("orders.paid", [])
    assert list(found()) == ["eaglet_tasks.W004"]
    assert "'points.chnaged'" in found()["eaglet_tasks.W004"].msg
    assert "Did you mean 'points.changed'?" in found()["eaglet_tasks.W004"].hint
    assert any("events points.chnaged" in one.text for one in examine_tasks())


@pytest.mark.usefixtures("logging_as_it_was")
@pytest.mark.parametrize("broker", ["embedded"], indirect=True)
def test_a_worker_of_another_service_of_this_name_is_found_by_what_else_it_takes(broker, settings):
    on_event("points.changed")(nothing)
    shared = f"{settings.EAGLET_SERVICE_NAME}.points.changed"
    other = Celery("other", broker=broker, set_as_current=False)
    queues = f"{shared},of.the.other"
    with start_worker(other, pool="solo", queues=queues, perform_ping_check=False):
        told = [str(finding) for finding in examine_tasks()]
    named = [finding for finding in told if "takes this service's events" in finding]
    assert len(named) == 1
    assert "of.the.other" in named[0]
    assert "EAGLET_SERVICE_NAME of its own" in named[0]
