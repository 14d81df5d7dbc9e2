"""What a broker that refuses, is silent or is gone does to those who send."""

import os
import signal
import socket
import threading

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from eaglet.circuit_breaker import Breaker
from eaglet.tasks import send_task
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.sending import publisher as publisher_module
from tests.client.forking import forks

QUEUE = "services.points.tasks.changed"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


@pytest.fixture
def refusing(settings):
    """A broker nobody answers for."""
    settings.CELERY_BROKER_URL = f"amqp://guest:guest@127.0.0.1:{closed_port()}//"


@pytest.fixture
def silent(settings):
    """A broker that accepts and never answers; the list is of the connections made to it."""
    server = socket.create_server(("127.0.0.1", 0))
    settings.CELERY_BROKER_URL = f"amqp://guest:guest@127.0.0.1:{server.getsockname()[1]}//"
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.2
    server.setblocking(False)
    connections = []

    def accepted():
        while True:
            try:
                connections.append(server.accept()[0])
            except BlockingIOError:
                return len(connections)

    yield accepted
    for connection in connections:
        connection.close()
    server.close()


def rows():
    return list(OutboxTask.objects.order_by("pk").values_list("state", "attempts", "last_error"))


@pytest.mark.usefixtures("refusing")
def test_what_could_not_be_published_goes_out_with_the_relay_when_the_broker_is_back(
    received, settings
):
    send_task(QUEUE, {"event_type": "好友"})
    [(state, attempts, error)] = rows()
    assert (state, attempts, "refused" in error) == (OutboxTask.State.PENDING, 0, True)
    with pytest.raises(CommandError, match=r"not everything could be published: .*refused"):
        call_command("relay_tasks", once=True)
    settings.CELERY_BROKER_URL = "memory://"
    call_command("relay_tasks", once=True)
    [(_, body)] = received(QUEUE)
    assert body[0] == [{"event_type": "好友"}]
    assert rows() == [(OutboxTask.State.SENT, 1, "")]


def test_a_silent_broker_keeps_the_caller_no_longer_than_the_deadline(silent):
    with transaction.atomic():
        for n in range(50):
            send_task(QUEUE, {"n": n})
    assert silent() == 1
    assert {(state, error) for state, _, error in rows()} == {
        (OutboxTask.State.PENDING, "the broker did not confirm in time")
    }


def test_while_the_thread_hangs_nobody_waits_for_it(silent):
    send_task(QUEUE, {"n": 1})
    assert not publisher_module.publisher().is_available
    for n in range(20):
        send_task(QUEUE, {"n": n})
    assert silent() == 1
    # Those were left to the relay when they were written: no attempt, and no error of one.
    assert [error for _, _, error in rows()][1:] == [""] * 20


def test_while_the_thread_hangs_nobody_waits_though_the_breaker_would_let_them_try(
    silent, monkeypatch
):
    publisher = publisher_module.Publisher(Breaker(open_seconds=0, longest_open_seconds=0))
    monkeypatch.setattr(publisher_module, "_publisher", publisher)
    send_task(QUEUE, {"n": 1})
    assert not publisher.is_available
    send_task(QUEUE, {"n": 2})
    assert silent() == 1


def test_a_broker_that_did_not_answer_in_time_is_left_alone_once_the_thread_is_free_again(
    when_publishing, settings
):
    answered = threading.Event()
    when_publishing(lambda publish, task: answered.wait(30))
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.1
    send_task(QUEUE, {"n": 1})
    publisher = publisher_module.publisher()
    hanging = publisher._at_work
    answered.set()
    assert hanging.done.wait(30)
    assert not publisher.is_available


def test_what_was_given_up_is_not_published_after_all(when_publishing, settings):
    answered, published = threading.Event(), []

    def note(publish, task):
        answered.wait(30)
        published.append(task.arguments)

    when_publishing(note)
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.1
    with transaction.atomic():
        for n in range(5):
            send_task(QUEUE, {"n": n})
    hanging = publisher_module.publisher()._at_work
    answered.set()
    assert hanging.done.wait(30)
    assert published == ['{"n":0}']


def test_a_changed_setting_leads_to_the_other_broker(received, settings, tmp_path):
    send_task(QUEUE, {"n": 1})
    settings.CELERY_BROKER_URL = "eaglet://"
    settings.EAGLET_QUEUE_DIR = tmp_path / "queue"
    send_task(QUEUE, {"n": 2})
    assert len(received(QUEUE)) == 1
    assert len(received(QUEUE, url=f"eaglet://{tmp_path}/queue")) == 1


@pytest.mark.usefixtures("refusing")
def test_after_some_failures_in_a_row_the_broker_is_left_alone_for_a_while(
    received, numbers, settings
):
    for n in range(3):
        send_task(QUEUE, {"n": n})
    settings.CELERY_BROKER_URL = "memory://"
    send_task(QUEUE, {"n": 3})
    assert received(QUEUE) == []
    call_command("relay_tasks", once=True)
    assert sorted(numbers(QUEUE)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("amqp://me:hush@127.0.0.1:1//", "refused"),
        ("amqp://me:se#hush/x@127.0.0.1:5672//", "can't be"),
        ("eaglet://me:hush@host/queue", "eaglet://"),
        ("nonsense://me:hush@somewhere", "nonsense"),
    ],
)
def test_why_a_broker_cannot_be_reached_is_told_without_its_password(settings, caplog, url, told):
    settings.CELERY_BROKER_URL = url
    send_task(QUEUE, {"n": 1})
    [(state, _, error)] = rows()
    assert state == OutboxTask.State.PENDING
    assert told in error
    with pytest.raises(CommandError) as caught:
        call_command("relay_tasks", once=True)
    assert "hush" not in error + caplog.text + str(caught.value)


def test_a_broker_that_is_slow_is_not_left_alone(when_publishing, settings):
    go_on = threading.Event()
    seen = []

    def be_slow(publish, task):
        seen.append(task)
        if len(seen) > 1:
            go_on.wait(30)

    when_publishing(be_slow)
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.2
    with transaction.atomic():
        for n in range(3):
            send_task(QUEUE, {"n": n})
    publisher = publisher_module.publisher()
    slow = publisher._at_work
    go_on.set()
    assert slow.done.wait(30)
    assert publisher.is_available


@pytest.fixture
def interrupted():
    """Set once the main thread has been interrupted, as by Ctrl-C; it is so by SIGINT, once."""
    event = threading.Event()

    def interrupt(number, frame):
        if not event.is_set():
            event.set()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, interrupt)
    yield event
    signal.signal(signal.SIGINT, before)


def test_a_wait_that_is_interrupted_ends_the_attempt(when_publishing, settings, interrupted):
    go_on = threading.Event()
    published = []

    def interrupt(publish, task):
        published.append(task.arguments)
        # Once may be too early: Python sees to a signal before it begins to wait, or in a wait.
        while not interrupted.wait(0.01):
            os.kill(os.getpid(), signal.SIGINT)
        go_on.wait(30)

    when_publishing(interrupt)
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 30
    with pytest.raises(KeyboardInterrupt):
        send_three()
    attempt = publisher_module.publisher()._at_work
    assert attempt.given_up
    go_on.set()
    assert attempt.done.wait(30)
    assert published == ['{"n":0}']


def send_three():
    with transaction.atomic():
        for n in range(3):
            send_task(QUEUE, {"n": n})


def test_a_fault_of_eaglets_own_is_told_as_such(monkeypatch):
    def publish(self, tasks, tell):
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(Broker, "publish", publish)
    send_task(QUEUE, {"n": 1})
    assert rows() == [(OutboxTask.State.PENDING, 0, "ZeroDivisionError: oh")]


def test_a_tasks_time_limit_is_not_swallowed(monkeypatch):
    def over(self, tasks, timeout):
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(publisher_module.Publisher, "publish", over)
    with pytest.raises(SoftTimeLimitExceeded):
        send_task(QUEUE, {"n": 1})


@forks
def test_a_forked_child_publishes_on_a_thread_of_its_own(received):
    send_task(QUEUE, {"by": "parent"})
    parents = publisher_module.publisher()
    child = os.fork()
    if child == 0:
        attempt = publisher_module.publisher().publish(list(OutboxTask.objects.all()), 5)
        os._exit(0 if publisher_module.publisher() is not parents and attempt.sent else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert len(received(QUEUE)) == 1


def test_a_row_that_cannot_be_marked_breaks_no_commit_and_goes_out_again(
    received, monkeypatch, caplog
):
    def fail(*args, **kwargs):
        raise DatabaseError("gone away")

    with monkeypatch.context() as patched:
        patched.setattr("eaglet.tasks.models.OutboxTaskQuerySet.mark_sent", fail)
        send_task(QUEUE, {"n": 1})
    assert len(received(QUEUE)) == 1
    assert "gone away" in caplog.text
    call_command("relay_tasks", once=True)
    assert len(received(QUEUE)) == 1
