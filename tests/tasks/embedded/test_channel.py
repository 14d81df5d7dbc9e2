import json
import logging
import os
import threading

import kombu
import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu.exceptions import ChannelError

from eaglet.tasks.embedded import folder as queue_folder
from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.private_folder import default_folder


def publish(connection, queue, value):
    connection.Producer().publish(value, routing_key=queue)


def drain(connection):
    """Have everything delivered that there is to deliver."""
    while True:
        try:
            connection.drain_events(timeout=0)
        except TimeoutError:
            return


def consume(connection, queues, no_ack=False, prefetch_count=0):
    """Consume on a channel of its own; gives back the messages that come."""
    messages = []
    consumer = connection.Consumer(
        queues,
        on_message=messages.append,
        no_ack=no_ack,
        prefetch_count=prefetch_count,
        channel=connection.channel(),
    )
    consumer.consume()
    return messages


def payloads(messages):
    return [message.payload for message in messages]


# Where the folder is


def test_the_url_comes_before_the_option_and_the_option_before_the_setting(settings, tmp_path):
    settings.EAGLET_QUEUE_DIR = tmp_path / "setting"
    option = {"folder": tmp_path / "option"}
    url = f"eaglet://{tmp_path}/Url%20%C3%A4"

    def folder(*args, **kwargs):
        return kombu.Connection(*args, **kwargs).transport.folder.path

    assert folder(url, transport_options=option) == f"{tmp_path}/Url ä"
    assert folder("eaglet://", transport_options=option) == f"{tmp_path}/option"
    assert folder("eaglet://") == folder("eaglet:///") == f"{tmp_path}/setting"
    settings.EAGLET_QUEUE_DIR = None
    assert folder("eaglet://") == default_folder()


def test_the_folder_is_the_same_for_a_clone_and_after_switching(tmp_path):
    url = f"eaglet://{tmp_path}/Queue"
    connection = kombu.Connection(url)
    assert connection.clone().transport.folder.path == f"{tmp_path}/Queue"
    assert connection.as_uri() == url
    connection.switch(f"eaglet://{tmp_path}/Other")
    assert connection.transport.folder.path == f"{tmp_path}/Other"


@pytest.mark.parametrize("url", ["eaglet://var/queue", "eaglet:///var/queue?fsync=1"])
def test_a_url_that_is_no_path_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="eaglet:///absolute/path"):
        kombu.Connection(url).connect()


def test_the_default_is_below_the_user_s_state_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_folder() == "/state/eaglet/queue"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert default_folder() == "/home/somebody/.local/state/eaglet/queue"


# Messages


def test_what_is_published_to_a_queue_nobody_declared_waits_for_a_consumer(connect):
    publish(connect(), "任务/../q", {"a": 1})
    messages = consume(connection := connect(), [kombu.Queue("任务/../q")])
    drain(connection)
    assert payloads(messages) == [{"a": 1}]


def test_an_acknowledged_message_is_gone_and_another_comes_again(connect, path):
    publish(connect(), "q", 1)
    publish(connect(), "q", 2)
    connection = connect()
    messages = consume(connection, [kombu.Queue("q")])
    drain(connection)
    messages[0].ack()
    connection.close()
    again = connect().default_channel.basic_get("q")
    assert again.payload == 2
    assert QueueFolder(path).size("q") == 0


def test_rejecting_deletes_and_requeueing_puts_first(connect):
    connection = connect()
    for value in (1, 2, 3):
        publish(connection, "q", value)
    channel = connection.default_channel
    channel.basic_get("q").reject()
    channel.basic_get("q").requeue()
    again = channel.basic_get("q")
    assert again.payload == 2
    assert again.delivery_info["redelivered"]
    assert channel.basic_get("q").payload == 3
    assert channel.basic_get("q") is None


def test_recovering_puts_back_what_was_not_acknowledged(connect):
    connection = connect()
    publish(connection, "q", 1)
    channel = connection.default_channel
    channel.basic_get("q")
    channel.basic_recover(requeue=True)
    assert channel.basic_get("q").payload == 1


def test_acknowledging_several_leaves_the_later_ones(connect):
    connection = connect()
    for value in (1, 2, 3):
        publish(connection, "q", value)
    channel = connection.channel()
    messages = [channel.basic_get("q") for _ in range(3)]
    messages[1].ack(multiple=True)
    channel.close()
    assert connection.default_channel.basic_get("q").payload == 3
    assert connection.default_channel.basic_get("q") is None


def test_without_acknowledgements_a_message_is_gone_once_delivered(connect):
    publish(connect(), "q", 1)
    connection = connect()
    messages = consume(connection, [kombu.Queue("q")], no_ack=True)
    drain(connection)
    connection.close()
    assert payloads(messages) == [1]
    assert connect().default_channel.basic_get("q") is None


def test_no_more_are_delivered_than_may_be(connect):
    connection = connect()
    for value in range(5):
        publish(connection, "q", value)
    messages = consume(connection, [kombu.Queue("q")], prefetch_count=2)
    drain(connection)
    assert payloads(messages) == [0, 1]
    messages[0].ack()
    drain(connection)
    assert payloads(messages) == [0, 1, 2]


def test_an_acknowledgement_by_another_thread_wakes_the_consumer(connect):
    connection = connect(transport_options={"polling_interval": 600})
    publish(connection, "q", 1)
    publish(connection, "q", 2)
    messages = consume(connection, [kombu.Queue("q")], prefetch_count=1)
    connection.drain_events(timeout=20)
    waiting = threading.Event()
    wait = connection.transport._woken.wait

    woken = []

    def note(seconds):
        waiting.set()
        woken.append(wait(seconds))

    connection.transport._woken.wait = note
    acknowledging = threading.Thread(target=lambda: waiting.wait(20) and messages[0].ack())
    acknowledging.start()
    connection.drain_events(timeout=20)
    acknowledging.join()
    assert woken == [True]
    assert payloads(messages) == [1, 2]


def test_every_delivery_has_a_tag_of_its_own(connect):
    connection = connect()
    exchange = kombu.Exchange("copies", type="fanout")
    queues = [kombu.Queue(name, exchange) for name in ("q1", "q2")]
    messages = consume(connection, queues)
    connection.Producer().publish(1, exchange=exchange)
    drain(connection)
    messages[0].requeue()
    drain(connection)
    assert len({message.delivery_tag for message in messages}) == len(messages) == 3


def test_two_channels_of_one_connection_give_back_what_is_theirs(connect):
    connection = connect()
    one, other = connection.channel(), connection.channel()
    publish(connection, "q", 1)
    publish(connection, "q", 2)
    one.basic_get("q")
    kept = other.basic_get("q")
    one.close()
    assert other.basic_get("q").payload == 1
    kept.ack()
    assert QueueFolder(connection.transport.folder.path).size("q") == 0


def test_a_message_is_to_be_settled_only_while_its_channel_is_open(connect):
    connection = connect()
    publish(connection, "q", 1)
    channel = connection.channel()
    message = channel.basic_get("q")
    channel.close()
    taken_over = connection.default_channel.basic_get("q")
    message.ack()
    taken_over.requeue()
    assert connection.default_channel.basic_get("q").payload == 1


SCRIBBLES = [
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe",
    b"{}",
    b"[" * 100_000,
    b'{"properties": {}}',
    b'{"properties": {"delivery_info": null}}',
    b'{"properties": {"delivery_info": {}, "body_encoding": "base64"}, "body": "?a"}',
    b'{"properties": {"delivery_info": {}, "body_encoding": "rot13"}, "body": "a"}',
    b'{"properties": {"delivery_info": {}, "body_encoding": "base64"}, "body": 7}',
]


@pytest.mark.parametrize("scribble", SCRIBBLES, ids=lambda scribble: repr(scribble[:30]))
def test_a_damaged_message_is_set_aside_and_the_next_is_delivered(
    connect, path, folder, scribble, caplog
):
    folder.put("q", scribble)
    publish(connect(), "q", "whole")
    connection = connect()
    messages = consume(connection, [kombu.Queue("q")])
    with caplog.at_level(logging.ERROR):
        drain(connection)
    assert payloads(messages) == ["whole"]
    (name,) = os.listdir(folder.damaged)
    assert (path / "damaged" / name).read_bytes() == scribble
    assert name in caplog.text


# Queues


def test_declaring_counts_the_messages(connect):
    connection = connect()
    channel = connection.default_channel
    assert channel.queue_declare("q").message_count == 0
    publish(connection, "q", 1)
    publish(connection, "q", 2)
    channel.basic_get("q")
    assert channel.queue_declare("q", passive=True) == ("q", 1, 0)


def test_a_queue_that_is_not_there_is_not_found(connect):
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        connect().default_channel.queue_declare("q", passive=True)


def test_purging_empties_a_queue_and_deleting_removes_it(connect):
    connection = connect()
    queue = kombu.Queue("q", kombu.Exchange("e"), routing_key="k")(connection.default_channel)
    queue.declare()
    connection.Producer().publish(1, exchange="e", routing_key="k")
    assert queue.purge() == 1
    connection.Producer().publish(2, exchange="e", routing_key="k")
    assert queue.delete(if_empty=True) == 0
    assert queue.delete() == 1
    assert list(connection.default_channel.list_bindings()) == []
    with pytest.raises(ChannelError, match="NO_ROUTE"):
        connection.Producer().publish(3, exchange="e", routing_key="k", mandatory=True)


# Exchanges


def test_exchanges_lead_where_they_were_bound_by_other_connections(connect):
    connection = connect()
    direct, topic, fanout = (
        kombu.Exchange(kind, type=kind) for kind in ("direct", "topic", "fanout")
    )
    queues = {
        "d1": kombu.Queue("d1", direct, routing_key="one"),
        "d2": kombu.Queue("d2", direct, routing_key="two"),
        "t1": kombu.Queue("t1", topic, routing_key="a.*.c"),
        "t2": kombu.Queue("t2", topic, routing_key="a.#"),
        "f1": kombu.Queue("f1", fanout),
        "f2": kombu.Queue("f2", fanout),
    }
    for queue in queues.values():
        queue(connection.default_channel).declare()
    producer = connect().Producer()
    producer.publish(1, exchange="direct", routing_key="one")
    producer.publish(2, exchange="topic", routing_key="a.b.c")
    producer.publish(3, exchange="topic", routing_key="a.b")
    producer.publish(4, exchange="fanout", routing_key="whatever")

    def taken(queue):
        got = iter(lambda: connection.default_channel.basic_get(queue), None)
        return [message.payload for message in got]

    assert {name: taken(name) for name in queues} == {
        "d1": [1],
        "d2": [],
        "t1": [2],
        "t2": [2, 3],
        "f1": [4],
        "f2": [4],
    }


def test_a_binding_that_is_taken_away_leads_nowhere_in_other_connections(connect):
    connection, other = connect(), connect()
    queue = kombu.Queue("q", kombu.Exchange("e"), routing_key="k")(connection.default_channel)
    queue.declare()
    other.Producer().publish(1, exchange="e", routing_key="k")
    queue.unbind_from(queue.exchange, "k")
    other.Producer().publish(2, exchange="e", routing_key="k")
    queue.bind_to("e", "k")
    other.Producer().publish(3, exchange="e", routing_key="k")
    assert queue.get().payload == 1
    assert queue.get().payload == 3
    assert queue.get() is None


def test_an_exchange_is_not_declared_again_with_another_type(connect):
    kombu.Exchange("e", type="topic")(connect().default_channel).declare()
    with pytest.raises(ChannelError, match="PRECONDITION_FAILED"):
        kombu.Exchange("e", type="fanout")(connect().default_channel).declare()


def test_an_exchange_that_nobody_declared_is_not_found(connect):
    with pytest.raises(ChannelError, match="NOT_FOUND"):
        connect().Producer().publish(1, exchange="e", routing_key="k")


def test_what_a_connection_declared_is_made_again_when_the_folder_lost_it(connect, path, caplog):
    connection = connect()
    queue = kombu.Queue("q", kombu.Exchange("e"), routing_key="k")(connection.default_channel)
    queue.declare()
    for damage in ("deleted", "scribbled on"):
        (file,) = (path / "exchanges").glob("*.json")
        if damage == "deleted":
            file.unlink()
            (path / "queues" / "q").rmdir()
        else:
            file.write_text("{")
        connection.Producer().publish(damage, exchange="e", routing_key="k", mandatory=True)
        message = queue.get()
        assert message.payload == damage
        message.ack()
    assert "damaged" in caplog.text


def test_an_exchange_is_replaced_as_a_whole_and_never_with_the_same_time(
    connect, path, monkeypatch
):
    connection = connect()
    exchange = kombu.Exchange("e")
    monkeypatch.setattr(queue_folder.time, "time_ns", lambda: 10**18)
    times = set()
    for number in range(5):
        kombu.Queue(f"q{number}", exchange, routing_key="k")(connection.default_channel).declare()
        (file,) = (path / "exchanges").glob("*.json")
        times.add(file.stat().st_mtime_ns)
        assert len(json.loads(file.read_text())["bindings"]) == number + 1
    assert len(times) == 5
