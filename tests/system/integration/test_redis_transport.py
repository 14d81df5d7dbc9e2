"""Redis: what a worker has taken it has noted, so that it is not lost with the worker."""

import uuid

import pytest
from kombu import Connection, Queue

import eaglet.tasks  # noqa: F401 - it makes the transport known to kombu

pytestmark = pytest.mark.services

TEXT = "žluťoučký 黑猫 🦅"


@pytest.fixture(params=["", "project:"])
def connect(request, redis_server):
    """Connections to a Redis of this test's own keys, with a prefix and without."""
    own = uuid.uuid4()
    keys = {
        "global_keyprefix": request.param,
        "unacked_key": f"unacked.{own}",
        "unacked_index_key": f"unacked_index.{own}",
    }

    def connect(**options):
        return Connection(
            redis_server.url, transport="redis", transport_options={**keys, **options}
        )

    return connect


@pytest.fixture
def queue():
    return Queue(f"taken.{uuid.uuid4()}")


def publish(connect, queue, *bodies):
    with connect() as connection:
        for body in bodies:
            connection.Producer().publish(body, routing_key=queue.name, declare=[queue])


def take(connect, queue, how_many, **options):
    bodies = []

    def note(body, message):
        bodies.append(body)
        if not options.get("no_ack"):
            message.ack()

    with connect() as connection, connection.Consumer([queue], callbacks=[note], **options):
        while len(bodies) < how_many:
            connection.drain_events(timeout=10)
    return bodies


def unacknowledged(channel):
    return channel.client.hlen(channel.unacked_key)


def test_messages_arrive_in_order_and_are_acknowledged(connect, queue):
    publish(connect, queue, {"n": 1, "text": TEXT}, {"n": 2})
    assert take(connect, queue, 2) == [{"n": 1, "text": TEXT}, {"n": 2}]
    with connect() as connection:
        assert unacknowledged(connection.default_channel) == 0


@pytest.mark.parametrize(
    "item",
    [
        "hello",
        "[1, 2]",
        '{"id": 7}',
        '{"properties": 1, "body": 2}',
        '{"properties": {"delivery_tag": 7}}',
    ],
)
def test_what_is_no_message_is_taken_as_one_of_unknown_content(connect, queue, item):
    with connect() as connection:
        connection.default_channel.client.lpush(queue.name, item)
        publish(connect, queue, {"n": 1})
        accept = ["json", "application/octet-stream"]
        bodies = take(connect, queue, 2, accept=accept)
        assert [body if isinstance(body, dict) else str(body) for body in bodies] == [
            item,
            {"n": 1},
        ]
        assert unacknowledged(connection.default_channel) == 0


def test_a_message_that_nobody_waits_for_any_more_is_not_lost(connect, queue):
    publish(connect, queue, {"n": 1})
    connection = connect(visibility_timeout=0)
    channel = connection.channel()
    with connection.Consumer([queue], channel=channel):
        connection.transport.cycle._register_BRPOP(channel)
        # Redis has answered, and the process that asked dies without having read it.
        while channel.client.llen(queue.name):
            pass
        channel.client.connection.disconnect()
        channel._in_poll = None
        with connect(visibility_timeout=-1) as other:
            assert unacknowledged(other.default_channel) == 1
            other.default_channel.qos.restore_visible()
    assert take(connect, queue, 1) == [{"n": 1}]
    connection.release()


def test_what_needs_no_acknowledgement_is_not_kept(connect, queue):
    publish(connect, queue, {"n": 1})
    assert take(connect, queue, 1, no_ack=True) == [{"n": 1}]
    with connect() as connection:
        assert unacknowledged(connection.default_channel) == 0


def test_where_scripts_are_refused_messages_arrive_all_the_same(connect, queue, caplog):
    publish(connect, queue, {"n": 1})
    with connect() as connection:
        client = connection.default_channel.client
        client.execute_command("ACL", "SETUSER", "default", "-eval")
    try:
        assert take(connect, queue, 1) == [{"n": 1}]
        assert "BRPOP takes messages" in caplog.text
    finally:
        with connect() as connection:
            client = connection.default_channel.client
            client.execute_command("ACL", "SETUSER", "default", "+eval")


def test_waiting_ends_in_time(connect, queue):
    with connect() as connection, connection.Consumer([queue]), pytest.raises(TimeoutError):
        connection.drain_events(timeout=0.1)
