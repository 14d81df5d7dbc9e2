import kombu.exceptions
import pytest
from kombu import Connection

pytestmark = pytest.mark.services

TEXT = "žluťoučký 黑猫 🦅"
IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}


def test_delivers_through_kombu(redis_server):
    with Connection(redis_server.url) as connection:
        queue = connection.SimpleQueue("delivered")
        queue.put({"text": TEXT})
        message = queue.get(timeout=10)
        message.ack()
        queue.close()
    assert message.payload == {"text": TEXT}


def test_keeps_what_it_was_given_when_killed(redis_server):
    with Connection(redis_server.url) as connection:
        connection.SimpleQueue("kept").put({"text": TEXT})
    redis_server.kill()
    redis_server.start()
    with Connection(redis_server.url) as connection:
        message = connection.SimpleQueue("kept").get(timeout=10)
        message.ack()
    assert message.payload == {"text": TEXT}


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
