"""The servers as other tests take them to be: killed, they lose nothing that they confirmed."""

import amqp.exceptions
import kombu.exceptions
import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler
from django.utils import timezone
from kombu import Connection

from tests.system.servers.database_urls import database

pytestmark = pytest.mark.services

TEXT = "žluťoučký 黑猫 🦅"
ALIAS = "service"
CONFIRMED = {"confirm_publish": True}
IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}


@pytest.fixture(params=["postgresql", "mariadb"])
def service(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def connection(service, django_db_blocker):
    """A connection Django knows by an alias, with a table to use."""
    connection = ConnectionHandler({"default": database(service.url)})["default"]
    connection.alias = ALIAS
    connections[ALIAS] = connection
    with django_db_blocker.unblock():
        try:
            with connection.schema_editor() as editor:
                editor.create_model(Session)
            yield connection
            with connection.schema_editor() as editor:
                editor.delete_model(Session)
        finally:
            connection.close()
            del connections[ALIAS]


def test_a_database_keeps_what_was_committed_whatever_the_text(connection, service):
    sessions = Session.objects.using(ALIAS)
    sessions.create(session_key="黑猫🦅", session_data=TEXT, expire_date=timezone.now())
    with transaction.atomic(using=ALIAS):
        sessions.create(session_key="gone", session_data=TEXT, expire_date=timezone.now())
        transaction.set_rollback(True, using=ALIAS)
    service.kill()
    with pytest.raises(OperationalError):
        sessions.exists()
    service.start()
    connection.close()
    assert [(row.session_key, row.session_data) for row in sessions.all()] == [("黑猫🦅", TEXT)]


@pytest.mark.parametrize("broker", ["rabbitmq", "redis_server"])
def test_a_broker_keeps_what_it_confirmed(request, broker):
    server = request.getfixturevalue(broker)
    options = CONFIRMED if broker == "rabbitmq" else {}
    with Connection(server.url, transport_options=options) as connection:
        connection.SimpleQueue("kept").put({"text": TEXT})
    server.kill()
    with Connection(server.url) as connection, pytest.raises(kombu.exceptions.OperationalError):
        connection.ensure_connection(max_retries=1, timeout=1).default_channel.client.ping()
    server.start()
    with Connection(server.url) as connection:
        message = connection.SimpleQueue("kept").get(timeout=10)
        message.ack()
    assert message.payload == {"text": TEXT}


def test_rabbitmq_lets_only_its_user_in(rabbitmq):
    guest = rabbitmq.url.replace(rabbitmq.url[7 : rabbitmq.url.index("@")], "guest:guest")
    with Connection(guest) as connection, pytest.raises(amqp.exceptions.AccessRefused):
        connection.connect()


def test_frozen_it_does_not_answer(redis_server):
    redis_server.freeze()
    with (
        Connection(redis_server.url, transport_options=IMPATIENT) as connection,
        pytest.raises(kombu.exceptions.OperationalError),
    ):
        connection.ensure_connection(max_retries=1, timeout=1).default_channel.client.ping()
    redis_server.thaw()
    with Connection(redis_server.url) as connection:
        assert connection.default_channel.client.ping()
