"""Publishers, consumers and Celery workers over the embedded broker, killed and cut off."""

import logging
import os
import random
import time
from collections import Counter

import kombu
import psutil
import pytest
from celery import Celery

from tests.tasks.processes import until

pytestmark = pytest.mark.slow


@pytest.fixture
def app(path):
    """An app that sends, without the settings of a worker's."""
    app = Celery("sender", broker=f"eaglet://{path}", set_as_current=False, fixups=[])
    app.conf.update(broker_transport_options={"max_retries": 0}, task_publish_retry=False)
    yield app
    app.close()


def send(app, name, *args):
    app.send_task(name, args=args, ignore_result=True)


def reply_of(app, *destination, seconds=20):
    """The replies to a ping, for which a worker that is busy may take a while."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        replies = app.control.ping(destination=list(destination) or None, timeout=1)
        if replies:
            return replies
    return []


def size(path):
    """How many messages there are, in whatever queue, taken or not."""
    with kombu.Connection(f"eaglet://{path}") as connection:
        [[total]] = connection.transport.database.execute("SELECT count(*) FROM message")
        return total


def numbers(processes):
    return Counter(line for line in processes.recorded() if line.isdigit())


def test_nothing_is_lost_when_publishers_and_consumers_are_killed_over_and_over(processes, path):
    """For EAGLET_TEST_KILL_SECONDS, else for as long as it takes to send 1,000 messages."""
    chance = random.Random(7)
    seconds = float(os.environ.get("EAGLET_TEST_KILL_SECONDS", "0"))
    count = int(os.environ.get("EAGLET_TEST_MESSAGES", "1000")) // 3
    ends_at = time.monotonic() + seconds
    consumers = [processes.consumer() for _ in range(3)]
    starts = 0, 10**6, 2 * 10**6
    publishers = {first: processes.publisher(first, first + count) for first in starts}

    def sent():
        lines = (line for line in processes.recorded() if line.startswith("sent-"))
        return {line.removeprefix("sent-") for line in lines}

    kills = 0
    while publishers or time.monotonic() < ends_at or kills < 9:
        time.sleep(chance.random() * 0.6)
        for first, publisher in list(publishers.items()):
            if publisher.popen.poll() == 0:
                del publishers[first]
        victims = [*range(3), *publishers]
        victim = chance.choice(victims)
        kills += 1
        if victim in publishers:
            processes.kill(publishers[victim])
            done = [int(n) for n in sent() if victim <= int(n) < victim + 10**6]
            begin = max(done, default=victim - 1) + 1
            publishers[victim] = processes.publisher(begin, victim + count)
        else:
            processes.kill(consumers[victim])
            consumers[victim] = processes.consumer()
    assert len(sent()) == 3 * count
    until(lambda: sent() <= set(numbers(processes)), *consumers, seconds=60)
    until(lambda: size(path) == 0, *consumers)
    assert set(numbers(processes)) >= sent(), f"lost after {kills} kills"
    logging.getLogger(__name__).info("%d kills, %d sent, none lost", kills, len(sent()))


@pytest.mark.parametrize("victim", ["the main process", "a child", "all of it"])
def test_what_a_worker_was_at_when_it_was_killed_is_done(processes, app, path, victim):
    worker = processes.worker()
    for number in range(2):
        send(app, "note_slowly", f"slow-{number}", 1.5)
    for number in range(20):
        send(app, "note", number)
    until(lambda: {"begun-slow-0", "begun-slow-1"} <= set(processes.recorded()), worker)
    others = [worker]
    if victim == "a child":
        psutil.Process(worker.popen.pid).children()[0].kill()
    elif victim == "the main process":
        worker.popen.kill()
        worker.popen.wait()
        others = [processes.worker(name="w2")]
    else:
        processes.kill(worker)
        others = [processes.worker(name="w2")]
    wanted = {"slow-0", "slow-1", *map(str, range(20))}
    until(lambda: wanted <= set(processes.recorded()), *others)
    until(lambda: size(path) == 0, *others)


@pytest.mark.parametrize("pool", ["solo", "threads"])
def test_every_pool_takes_a_backlog_one_by_one(processes, app, path, pool):
    for number in range(100):
        send(app, "note", number)
    worker = processes.worker(f"--pool={pool}", concurrency=1, wait=False)
    until(lambda: len(numbers(processes)) == 100, worker)
    until(lambda: size(path) == 0, worker)
    assert numbers(processes).total() == 100
    worker.popen.terminate()
    assert worker.popen.wait(20) == 0


def test_a_worker_waits_for_a_database_that_has_gone_and_is_watched_and_shut_down(
    processes, app, path
):
    worker = processes.worker("--task-events")
    assert [*reply_of(app)[0].values()] == [{"ok": "pong"}]
    inspect = app.control.inspect(timeout=10, limit=1)
    (queues,) = inspect.active_queues().values()
    assert [queue["name"] for queue in queues] == ["celery"]
    send(app, "note_slowly", "watched", 3)
    until(lambda: "begun-watched" in processes.recorded(), worker)
    seen = []
    with app.connection() as connection:
        handlers = {"*": lambda event: seen.append(event["type"])}
        receiver = app.events.Receiver(connection, handlers=handlers)
        while "task-succeeded" not in seen:
            receiver.capture(limit=1, timeout=20, wakeup=False)
    send(app, "note_slowly", "in-flight", 1)
    until(lambda: "begun-in-flight" in processes.recorded(), worker)
    away = path.with_name("away")
    path.rename(away)
    until(lambda: "has gone" in worker.written(), worker)
    assert not path.exists()
    away.rename(path)
    send(app, "note", "after")
    until(lambda: {"in-flight", "after"} <= set(processes.recorded()), worker)
    assert reply_of(app)
    app.control.shutdown()
    assert worker.popen.wait(20) == 0
    until(lambda: size(path) == 0)


def test_what_dead_workers_were_controlled_by_does_not_stay(processes, app, path):
    dead = [processes.worker(name=f"dead{number}", concurrency=1) for number in range(2)]
    until(lambda: len(reply_of(app)) == 2)
    for worker in dead:
        processes.kill(worker)
    worker = processes.worker(name="dead1", concurrency=1)
    assert reply_of(app, "dead1@test")

    def names(table):
        with kombu.Connection(f"eaglet://{path}") as connection:
            statement = f"SELECT DISTINCT queue.name FROM {table}"
            return {name for (name,) in connection.transport.database.execute(statement)}

    until(lambda: names("queue") == {"celery", "dead1@test.celery.pidbox"}, worker)
    assert names("binding JOIN queue ON queue.id = queue") <= names("queue")
