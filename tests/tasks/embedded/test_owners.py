import contextlib
import os
import subprocess
import sys

import kombu
import pytest

from eaglet.tasks.embedded import owners as queue_owners
from eaglet.tasks.embedded.file_lock import FileLock
from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.owners import Owner, sweep
from tests.client.forking import forks, in_child

from .test_channel import consume, drain, payloads, publish


def die(owner):
    """Let go of the lock and nothing else, as a process does that is killed."""
    owner._lock.release()


def take(folder, owner, queue="q"):
    return folder.take(queue, owner.holder(queue))


def in_flight(folder):
    return [name for _, _, files in os.walk(folder.inflight) for name in files]


@pytest.fixture
def owner(folder, exchanges):
    owner = Owner(folder, exchanges)
    yield owner
    owner.release()


# Messages of the dead


def test_what_the_dead_held_goes_back_to_the_front_and_nothing_of_them_stays(
    folder, exchanges, owner
):
    folder.put("q", b"1")
    folder.put("other", b"2")
    dead = Owner(folder, exchanges)
    take(folder, dead)
    take(folder, dead, "other")
    folder.put("q", b"3")
    die(dead)
    sweep(folder, exchanges)
    first = take(folder, owner)
    assert (folder.read(first), first.redelivered) == (b"1", True)
    assert folder.size("other") == 1
    assert os.listdir(folder.owners) == os.listdir(folder.inflight) == [owner.name]


def test_what_the_living_hold_stays(folder, exchanges, owner):
    folder.put("q", b"1")
    taken = take(folder, owner)
    sweep(QueueFolder(folder.path), exchanges)
    assert os.path.exists(taken.path)
    owner.check()


def test_an_owner_is_locked_before_it_can_be_seen(folder, exchanges, monkeypatch):
    flock = FileLock._flock
    seen = []

    def look_first(lock):
        monkeypatch.undo()
        seen.append(os.listdir(folder.owners))
        sweep(folder, exchanges)
        return flock(lock)

    monkeypatch.setattr(FileLock, "_flock", look_first)
    owner = Owner(folder, exchanges)
    owner.check()
    assert seen == [[]]
    owner.release()


def test_releasing_gives_back_and_leaves_nothing(folder, exchanges):
    folder.put("q", b"1")
    owner = Owner(folder, exchanges)
    take(folder, owner)
    owner.release()
    owner.release()
    assert folder.size("q") == 1
    assert os.listdir(folder.owners) == os.listdir(folder.inflight) == []


def test_an_owner_that_is_forgotten_lets_go(folder, exchanges):
    folder.put("q", b"1")
    owner = Owner(folder, exchanges)
    take(folder, owner)
    del owner
    sweep(folder, exchanges)
    assert folder.size("q") == 1


@pytest.mark.parametrize("steps", range(12))
def test_a_sweep_that_was_interrupted_anywhere_is_finished_by_the_next(
    folder, exchanges, monkeypatch, steps
):
    folder.put("q", b"1")
    folder.put("q", b"2")
    dead = Owner(folder, exchanges)
    take(folder, dead)
    take(folder, dead)
    dead.claim("reply", consumed=True)
    folder.make_queue("reply")
    die(dead)

    class Killed(BaseException):
        pass

    left = [steps]

    def until_killed(function):
        def call(*args, **kwargs):
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return function(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        for name in ("rename", "rmdir", "unlink", "listdir"):
            patch.setattr(os, name, until_killed(getattr(os, name)))
        with contextlib.suppress(Killed):
            sweep(folder, exchanges)
    sweep(folder, exchanges)
    assert folder.size("q") == 2
    assert not folder.has_queue("reply")
    assert os.listdir(folder.owners) == os.listdir(folder.inflight) == []


def test_a_sweep_that_fails_with_one_owner_goes_on_with_the_next(
    folder, exchanges, monkeypatch, caplog
):
    for queue in ("q1", "q2"):
        folder.put(queue, b"1")
        dead = Owner(folder, exchanges)
        take(folder, dead, queue)
        die(dead)
    give_back_all = QueueFolder.give_back_all
    failed = []

    def fail_once(self, holder):
        if not failed:
            failed.append(holder)
            raise OSError(28, "No space left on device")
        return give_back_all(self, holder)

    monkeypatch.setattr(QueueFolder, "give_back_all", fail_once)
    sweep(folder, exchanges)
    assert folder.size("q1") + folder.size("q2") == 1
    assert "No space left on device" in caplog.text
    sweep(folder, exchanges)
    assert folder.size("q1") + folder.size("q2") == 2


def test_messages_in_flight_whose_owner_s_file_is_missing_go_back(folder, exchanges):
    folder.put("q", b"1")
    owner = Owner(folder, exchanges)
    take(folder, owner)
    os.unlink(os.path.join(folder.owners, owner.name))
    with pytest.raises(OSError, match="has gone"):
        owner.check()
    sweep(folder, exchanges)
    assert folder.size("q") == 1


# Transient queues


def transient(name, **options):
    return kombu.Queue(name, kombu.Exchange("e"), name, durable=False, auto_delete=True, **options)


def kill(connection):
    """Let a connection's process seem dead: its owners let go, and nothing is tidied up."""
    for channel in connection.transport.channels:
        if channel._owner is not None:
            die(channel._owner)


def bindings(exchanges):
    return {(b.queue, b.routing_key) for exchange in exchanges.all() for b in exchange.bindings}


def test_the_transient_queues_of_the_dead_go_with_their_bindings(connect, folder, exchanges):
    connection = connect()
    consume(connection, [transient("gone"), kombu.Queue("stays", kombu.Exchange("e"), "stays")])
    kill(connection)
    sweep(folder, exchanges)
    assert not folder.has_queue("gone")
    assert folder.has_queue("stays")
    assert bindings(exchanges) == {("stays", "stays")}


def test_the_transient_queues_of_a_connection_go_when_it_is_closed(connect, folder, exchanges):
    connection = connect()
    consume(connection, [transient("gone")])
    connection.close()
    assert not folder.has_queue("gone")
    assert bindings(exchanges) == set()


def test_a_transient_queue_stays_for_another_that_consumes_it(connect, folder, exchanges):
    connection, other = connect(), connect()
    consume(connection, [transient("shared")])
    messages = consume(other, [transient("shared")])
    kill(connection)
    sweep(folder, exchanges)
    other.Producer().publish(1, exchange="e", routing_key="shared")
    drain(other)
    assert payloads(messages) == [1]


def test_a_transient_queue_that_is_taken_up_again_while_it_is_swept_stays(
    connect, folder, exchanges, monkeypatch
):
    connection, next_one = connect(), connect()
    consume(connection, [transient("w1.pidbox")])
    kill(connection)
    messages = []
    lay_to_rest = queue_owners._lay_to_rest

    def restart_first(*args):
        monkeypatch.setattr(queue_owners, "_lay_to_rest", lay_to_rest)
        messages.append(consume(next_one, [transient("w1.pidbox")]))
        return lay_to_rest(*args)

    monkeypatch.setattr(queue_owners, "_lay_to_rest", restart_first)
    sweep(folder, exchanges)
    next_one.Producer().publish(1, exchange="e", routing_key="w1.pidbox")
    drain(next_one)
    assert payloads(messages[0]) == [1]


def test_a_transient_queue_that_a_publisher_declared_keeps_the_only_copies(
    connect, folder, exchanges
):
    connection = connect()
    queue = transient("q")(connection.default_channel)
    queue.declare()
    connection.Producer().publish(1, exchange="e", routing_key="q")
    connection.close()
    assert connect().default_channel.basic_get("q").payload == 1


def test_an_exclusive_queue_goes_with_whoever_declared_it(connect, folder):
    connection = connect()
    kombu.Queue("q", exclusive=True)(connection.default_channel).declare()
    publish(connect(), "q", 1)
    connection.close()
    assert not folder.has_queue("q")


def test_a_queue_that_went_is_not_made_again_by_who_publishes_to_its_exchange(
    connect, folder, exchanges
):
    connection, publisher = connect(), connect()
    fanout = kombu.Exchange("fan", type="fanout", durable=False)
    queue = kombu.Queue("box", fanout, durable=False, auto_delete=True)
    consume(connection, [queue])
    channel = publisher.default_channel
    table = channel.exchanges.get("fan")
    connection.close()
    # What the publisher had read just before.
    lookup = channel._lookup
    channel._lookup = lambda *args: [binding.queue for binding in table.bindings]
    channel.folder.put, put = (
        lambda *args, **kwargs: setattr(channel, "_lookup", lookup) or put(*args, **kwargs),
        channel.folder.put,
    )
    publisher.Producer().publish(1, exchange="fan")
    assert not folder.has_queue("box")


# Forks


@forks
def test_a_child_neither_holds_its_parent_s_lock_nor_lets_go_of_it(folder, exchanges, owner):
    def is_so():
        held = owner.is_held
        owner.release()
        sweep(folder, exchanges)
        return not held

    assert in_child(is_so)
    owner.check()
    sweep(folder, exchanges)
    assert os.listdir(folder.owners) == [owner.name]


@forks
def test_a_child_does_not_keep_its_dead_parent_s_lock(folder, exchanges):
    folder.put("q", b"1")
    dead = Owner(folder, exchanges)
    take(folder, dead)
    ready, wait = os.pipe(), os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(ready[1], b"1")
        os.read(wait[0], 1)
        os._exit(0)
    try:
        os.read(ready[0], 1)
        # As the end of a process does: closed, and not unlocked.
        os.close(dead._lock._fd)
        dead._lock._fd = None
        sweep(folder, exchanges)
        assert folder.size("q") == 1
    finally:
        os.write(wait[1], b"1")
        os.waitpid(pid, 0)
        for fd in (*ready, *wait):
            os.close(fd)


@forks
def test_a_child_that_closes_an_inherited_channel_gives_nothing_back(connect, folder):
    connection = connect()
    publish(connection, "q", 1)
    publish(connection, "q", 2)
    channel = connection.default_channel
    message = channel.basic_get("q")
    other = channel.basic_get("q")

    def is_so():
        message.ack()
        other.requeue()
        connection.collect()
        return len(in_flight(folder)) == 2

    assert in_child(is_so)
    assert len(in_flight(folder)) == 2
    message.ack()
    other.requeue()
    assert (in_flight(folder), folder.size("q")) == ([], 1)


@forks
def test_a_child_that_goes_on_with_an_inherited_channel_takes_messages_of_its_own(connect, folder):
    connection = connect()
    publish(connection, "q", 1)
    publish(connection, "q", 2)
    channel = connection.default_channel
    first = channel.basic_get("q")

    def is_so():
        message = channel.basic_get("q")
        alone = message.owner is not first.owner and message.payload == 2
        message.ack()
        publish(connection, "q", 3)
        return alone and len(os.listdir(folder.owners)) == 2

    assert in_child(is_so)
    assert os.path.exists(first.taken.path)
    assert channel.basic_get("q").payload == 3


@forks
def test_children_give_their_messages_names_of_their_own(folder, exchanges):
    for _ in range(2):
        assert in_child(lambda: folder.put("q", b"1"))
    names = os.listdir(folder.queue_path("q"))
    assert len({name.split("-")[1] for name in names}) == 2


def test_programs_that_are_started_do_not_keep_the_lock(folder, exchanges):
    dead = Owner(folder, exchanges)
    program = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        os.close(dead._lock._fd)
        dead._lock._fd = None
        sweep(folder, exchanges)
        assert os.listdir(folder.owners) == []
    finally:
        program.communicate(b"\n")
