"""What a broker's URL says is what it means, and what the project's own settings leave alone."""

import contextlib
import socket
import threading

import pytest
from celery import Celery, signals
from celery.apps.worker import Worker
from kombu.transport import resolve_transport

from eaglet.exceptions import BrokerUnavailable
from eaglet.tasks import send_task, task
from eaglet.tasks.broker.connection import Broker, publishing_app
from eaglet.tasks.broker.redis_transport import Channel, SentinelChannel
from eaglet.tasks.celery_config import make_app, system_queue
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.receiving import decorator

pytestmark = pytest.mark.filterwarnings("ignore::celery.exceptions.SecurityWarning")


@pytest.fixture
def listener():
    """A server that notes the first bytes of each connection, and says nothing."""
    got = []
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = server.accept()
                    with connection:
                        connection.settimeout(5)
                        with contextlib.suppress(OSError):
                            got.append(connection.recv(100))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1], got
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.mark.parametrize("url", ["rediss://:hush@127.0.0.1:{}/0", "amqps://u:hush@127.0.0.1:{}//"])
def test_what_says_tls_is_tls(settings, listener, url):
    port, got = listener
    settings.CELERY_BROKER_URL = url.format(port)
    with pytest.raises(BrokerUnavailable):
        Broker().connect()
    assert got
    assert all(data.startswith(b"\x16\x03") for data in got)


def test_tls_asks_for_a_certificate_unless_the_url_says_otherwise(settings):
    settings.CELERY_BROKER_URL = "rediss://127.0.0.1/0"
    assert make_app("a").connection_for_write().ssl["ssl_cert_reqs"].name == "CERT_REQUIRED"
    settings.CELERY_BROKER_URL = "rediss://127.0.0.1/0?ssl_cert_reqs=none"
    assert make_app("b").connection_for_write().ssl["ssl_cert_reqs"].name == "CERT_NONE"


@pytest.mark.parametrize(
    ("url", "channel"),
    [
        ("redis://h/0", Channel),
        ("rediss://h/0", Channel),
        ("redis+socket:///tmp/none.sock", Channel),
        ("sentinel://a:1;sentinel://b:2", SentinelChannel),
    ],
)
def test_every_kind_of_redis_has_the_take_that_loses_nothing(settings, url, channel):
    settings.CELERY_BROKER_URL = url
    connection = make_app("a").connection_for_write()
    assert connection.transport_cls == url.partition(":")[0].partition("+")[0]
    assert resolve_transport(connection.transport_cls).Channel is channel


def test_a_password_may_have_any_character(settings):
    settings.CELERY_BROKER_URL = "redis://u%3Aser:p%3Bq%2Fr%40s%25+t@h:1/0"
    connection = make_app("a").connection_for_write()
    assert (connection.userid, connection.password, connection.alt) == ("u:ser", "p;q/r@s%+t", [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "several", ["amqp://127.0.0.1:1//;memory://", ["redis://h:1", "memory://"]]
)
def test_of_several_brokers_the_next_is_tried(settings, received, several):
    settings.CELERY_BROKER_URL = several
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 20
    send_task("a.queue", {"n": 1})
    assert len(received("a.queue")) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("CELERY_TASK_CREATE_MISSING_QUEUES", False),
        ("CELERY_TASK_DEFAULT_DELIVERY_MODE", "transient"),
        ("CELERY_TASK_COMPRESSION", "gzip"),
        ("CELERY_TASK_PUBLISH_RETRY", True),
        ("CELERY_TASK_PROTOCOL", 1),
        ("CELERY_TASK_ALWAYS_EAGER", True),
        ("CELERY_TASK_SERIALIZER", "pickle"),
        ("CELERY_RESULT_BACKEND", "no.such:Backend"),
        ("CELERY_TASK_ROUTES", {"*": {"queue": "elsewhere"}}),
    ],
)
def test_the_projects_own_settings_change_nothing_of_what_is_sent(settings, setting, value):
    settings.CELERY_BROKER_URL = "memory://"
    setattr(settings, setting, value)
    send_task("a.queue", {"n": 1})
    assert OutboxTask.objects.get().state == OutboxTask.State.SENT
    with publishing_app().connection_for_read() as connection:
        message = connection.default_channel.basic_get("a.queue", no_ack=True)
    assert message.properties["delivery_mode"] == 2
    assert message.headers["task"] == "a.queue"
    assert "compression" not in message.headers


def test_annotations_are_for_the_projects_own_tasks(settings, monkeypatch):
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.CELERY_TASK_ANNOTATIONS = {"*": {"acks_late": False, "max_retries": 1}}

    @task("annotated.queue")
    def changed(args):
        return 1

    taken = make_app("a", set_as_current=False).tasks["annotated.queue"]
    assert (taken.acks_late, taken.max_retries) == (True, None)


def test_an_own_app_without_a_broker_is_refused_and_told_why(settings):
    del settings.CELERY_BROKER_URL
    app = Celery("mine", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    with pytest.raises(SystemExit, match="Set CELERY_BROKER_URL"):
        Worker(app=app, quiet=True, loglevel="ERROR", pool="solo")
    beat = type("Service", (), {"app": app})
    with pytest.raises(SystemExit, match="Set CELERY_BROKER_URL"):
        signals.beat_init.send(sender=beat)


def test_each_service_has_a_default_queue_of_its_own(settings, monkeypatch):
    one = system_queue()
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", "another")
    assert system_queue() != one
    assert make_app("a", set_as_current=False).conf.task_default_queue == system_queue()
    settings.CELERY_TASK_DEFAULT_QUEUE = "mine"
    assert make_app("a", set_as_current=False).conf.task_default_queue == "mine"
