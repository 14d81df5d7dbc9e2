"""Messages, queues and exchanges, by way of kombu; within one process unless it says so."""

import os
import threading

import kombu
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kombu.exceptions import ChannelError

from tests.client.forking import forks, in_child


def publish(connection, queue, *values, **options):
    for value in values:
        connection.Producer().publish(value, routing_key=queue, **options)


def drain(connection):
    """Have everything delivered that there is to deliver."""
    while True:
        try:
            connection.drain_events(timeout=0)
        except TimeoutError:
            return


def consume(connection, *queues, **options):
    """Consume on a channel of its own; gives back the messages that come."""
    messages = []
    connection.Consumer(
        [queue if isinstance(queue, kombu.Queue) else kombu.Queue(queue) for queue in queues],
        on_message=messages.append, channel=connection.channel(), **options,
    ).consume()  # fmt: skip
    return messages


def taken(connection, queue):
    """Take all that is in a queue, and acknowledge it."""
    got = list(iter(lambda: connection.default_channel.basic_get(queue), None))
    for message in got:
        message.ack()
    return [message.payload for message in got]


def payloads(messages):
    return [message.payload for message in messages]


def transient(name):
    return kombu.Queue(name, durable=False, auto_delete=True)


def test_the_folder_is_the_url_s_or_the_setting_s_or_the_user_s(settings, tmp_path, monkeypatch):
    settings.EAGLET_QUEUE_DIR = tmp_path / "setting"
    with kombu.Connection(f"eaglet://{tmp_path}/Url%20%C3%A4;eaglet://") as connection:
        assert connection.as_uri() == f"eaglet://{tmp_path}/Url%20%C3%A4"
        connection.switch(f"eaglet://{tmp_path}/Other")
        assert connection.clone().as_uri() == f"eaglet://{tmp_path}/Other"
    assert kombu.Connection("eaglet://").as_uri() == f"eaglet://{tmp_path}/setting"
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    settings.EAGLET_QUEUE_DIR = None
    assert kombu.Connection("eaglet://").as_uri() == "eaglet:///state/eaglet/queue"


@pytest.mark.parametrize("url", ["eaglet://var/queue", "eaglet:///var/queue?a=1"])
def test_a_url_that_is_no_path_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="eaglet:///absolute/path"):
        kombu.Connection(url).connect()


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(st.text(min_size=1, max_size=300), st.sampled_from(["任务/../q", "a\0b", "x" * 5000]))
)
def test_a_message_goes_through_a_queue_of_any_name(connect, name):
    connection = connect()
    publish(connection, name, {"a": 1})
    assert taken(connection, name) == [{"a": 1}]
    connection.default_channel.queue_delete(name)


def test_what_is_not_acknowledged_comes_again_first_and_marked(connect):
    publish(connect(), "q", 1, 2, 3, 4)
    connection = connect()
    messages = consume(connection, "q")
    drain(connection)
    messages[0].ack()
    messages[1].reject()
    messages[3].requeue()
    connection.close()
    channel = connect().default_channel
    again = [channel.basic_get("q") for _ in range(2)]
    assert payloads(again) == [3, 4]
    assert all(message.delivery_info["redelivered"] for message in again)
    channel.basic_recover(requeue=True)
    assert channel.queue_declare("q", passive=True).message_count == 2
    assert channel.basic_get("q", no_ack=True).payload == 3


def test_higher_priorities_come_first_and_else_the_first_comes_first(connect):
    for value, priority in ((1, 0), (2, 9), (3, 0), (4, 5), (5, 9)):
        publish(connect(), "q", value, priority=priority)
    assert taken(connect(), "q") == [2, 5, 4, 1, 3]


def test_channels_give_back_what_is_theirs_and_settle_nothing_once_closed(connect):
    connection = connect()
    one, other = connection.channel(), connection.channel()
    publish(connection, "q", 1, 2)
    first, kept = one.basic_get("q"), other.basic_get("q")
    one.close()
    again = other.basic_get("q")
    first.ack()
    again.requeue()
    kept.ack()
    assert taken(connection, "q") == [1]


def test_a_late_acknowledgement_is_never_that_of_another_message(connect):
    connection = connect()
    publish(connection, "q", 1)
    late = connection.default_channel.basic_get("q")
    connection.default_channel.queue_delete("q")
    publish(connection, "q", 2)
    kept = connection.default_channel.basic_get("q")
    late.ack()
    kept.requeue()
    assert taken(connection, "q") == [2]


def test_a_queue_is_counted_purged_and_deleted_with_its_bindings(connect):
    connection = connect()
    channel = connection.default_channel
    queue = kombu.Queue("q", kombu.Exchange("e"), routing_key="k")(channel)
    queue.declare()
    publish(connection, "k", 1, exchange="e")
    queue.delete(if_empty=True)
    assert channel.queue_declare("q", passive=True).message_count == 1
    assert queue.purge() == 1
    queue.delete()
    publish(connection, "k", 2, exchange="e")
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        channel.queue_declare("q", passive=True)


def test_exchanges_lead_where_other_connections_have_bound_them(connect):
    connection = connect()
    bound = [("direct", "d1", "one"), ("direct", "d2", "two"), ("topic", "t1", "a.*.c"),
             ("topic", "t2", "a.#"), ("fanout", "f1", ""), ("fanout", "f2", "")]  # fmt: skip
    for kind, name, key in bound:
        exchange = kombu.Exchange(kind, type=kind)
        kombu.Queue(name, exchange, routing_key=key)(connection.default_channel).declare()
    # It has declared none of them.
    other = connect()
    for value, exchange, key in (
        (1, "direct", "one"), (2, "topic", "a.b.c"), (3, "topic", "a.b"), (4, "fanout", "x"),
    ):  # fmt: skip
        publish(other, key, value, exchange=exchange)
    found = {name: taken(other, name) for _, name, _ in bound}
    assert found == {"d1": [1], "d2": [], "t1": [2], "t2": [2, 3], "f1": [4], "f2": [4]}
    other.default_channel.queue_unbind("t2", exchange="topic", routing_key="a.#")
    publish(connection, "a.b", 5, exchange="topic")
    assert taken(other, "t2") == []


def test_a_transient_queue_lives_as_long_as_its_consumer(connect):
    connection, other = connect(), connect()
    consume(connection, transient("gone"), "stays")
    publish(other, "gone", 1)
    transient("waiting")(other.default_channel).declare()
    publish(other, "waiting", 2)
    connection.close()
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        other.default_channel.queue_declare("gone", passive=True)
    other.default_channel.queue_declare("stays", passive=True)
    # Nobody has consumed it yet.
    other.close()
    assert taken(connect(), "waiting") == [2]


@forks
def test_a_child_settles_nothing_of_its_parent_s_and_takes_messages_of_its_own(connect):
    connection = connect()
    publish(connection, "q", 1, 2)
    message = connection.default_channel.basic_get("q")

    def is_so():
        message.ack()
        own = connection.default_channel.basic_get("q")
        publish(connection, "q", 3)
        own.ack()
        connection.close()
        return own.payload == 2

    assert in_child(is_so)
    message.requeue()
    assert taken(connection, "q") == [1, 3]


@forks
def test_threads_publish_while_the_process_forks(connect):
    connection = connect()
    thread = threading.Thread(target=publish, args=(connection, "q", *range(100)))
    thread.start()
    for number in range(5):
        assert in_child(lambda number=number: publish(connect(), "of-children", number) is None)
    thread.join()
    assert len(taken(connection, "q")) == 100
    assert taken(connection, "of-children") == [0, 1, 2, 3, 4]


def test_a_backlog_is_taken_by_way_of_the_index(connect):
    connection = connect()
    publish(connection, "q", 1)
    database = connection.transport.database
    plan = database.execute(
        "EXPLAIN QUERY PLAN SELECT id FROM message WHERE queue = (SELECT id FROM queue WHERE "
        "name = ?) AND owner IS NULL ORDER BY rank, id LIMIT 1", "q",
    )  # fmt: skip
    assert any("message_ready" in row[-1] for row in plan)
    assert not any("SCAN" in row[-1] or "TEMP" in row[-1] for row in plan)


def test_everything_in_the_folder_is_private(connect, path):
    umask = os.umask(0)
    try:
        publish(connect(), "q", 1)
    finally:
        os.umask(umask)
    modes = {file.name: file.stat().st_mode & 0o777 for file in [path, *path.rglob("*")]}
    assert modes.pop("queue") == 0o700
    assert set(modes.values()) == {0o600}
