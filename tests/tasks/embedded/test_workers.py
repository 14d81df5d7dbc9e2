"""Real Celery workers with prefork pools over the embedded broker, killed and cut off."""

import os
import random
import signal
import time

import kombu
import pytest
from celery import Celery

from eaglet.tasks.embedded.folder import QueueFolder

from .processes import children, kill_group, until

pytestmark = pytest.mark.slow

BEGIN_SOON = 0.01


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


@pytest.mark.parametrize("victim", ["the main process", "a child", "all of it"])
def test_what_a_worker_was_at_when_it_was_killed_is_done(processes, app, path, victim):
    worker = processes.worker()
    send(app, "note_slowly", "slow-1", 1.5)
    send(app, "note_slowly", "slow-2", 1.5)
    for number in range(20):
        send(app, "note", number)
    until(lambda: {"begun-slow-1", "begun-slow-2"} <= set(processes.recorded()), worker)
    if victim == "a child":
        os.kill(children(worker)[0], signal.SIGKILL)
        others = [worker]
    elif victim == "the main process":
        os.kill(worker.pid, signal.SIGKILL)
        worker.wait()
        others = [processes.worker(name="w2")]
    else:
        kill_group(worker)
        others = [processes.worker(name="w2")]
    wanted = {"slow-1", "slow-2", *map(str, range(20))}
    until(lambda: wanted <= set(processes.recorded()), *others)
    folder = QueueFolder(path)
    until(lambda: not any(files for *_, files in os.walk(folder.inflight)), *others)
    assert folder.size("celery") == 0


def drain_with_workers_that_are_killed(processes, app, count, workers, kills):
    chance = random.Random(count)
    running = [processes.worker(name=f"w{n}", wait=False) for n in range(workers)]
    for number in range(count):
        send(app, "note", number)

    def done():
        return len(set(processes.recorded()))

    for number in range(kills):
        seen = done()
        until(lambda seen=seen: done() > min(seen, count - 1), seconds=120)
        time.sleep(chance.random() * BEGIN_SOON)
        victim = running.pop(0)
        if chance.random() < 0.5:
            kill_group(victim)
        else:
            os.kill(victim.pid, signal.SIGKILL)
        running.append(processes.worker(name=f"w{workers + number}", wait=False))
    until(lambda: done() == count, *running, seconds=600)
    assert set(processes.recorded()) == {str(number) for number in range(count)}
    assert QueueFolder(processes.queue_folder).size("celery") == 0


def test_a_backlog_is_drained_by_workers_that_are_killed(processes, app):
    drain_with_workers_that_are_killed(processes, app, count=400, workers=2, kills=3)


def test_a_large_backlog_is_drained_by_workers_that_are_killed(processes, app):
    count = int(os.environ.get("EAGLET_TEST_MESSAGES", "1500"))
    drain_with_workers_that_are_killed(processes, app, count=count, workers=3, kills=12)


@pytest.mark.parametrize("meanwhile", ["nothing", "a file"])
def test_a_worker_survives_its_folder_s_going_away_and_coming_back(processes, app, path, meanwhile):
    worker = processes.worker()
    send(app, "note", "before")
    until(lambda: "before" in processes.recorded(), worker)
    send(app, "note_slowly", "in-flight", 0.5)
    until(lambda: "begun-in-flight" in processes.recorded(), worker)
    away = path.with_name("away")
    path.rename(away)
    if meanwhile == "a file":
        path.touch()
    until(lambda: b"Trying again in" in worker.log.read_bytes(), worker)
    path.unlink(missing_ok=True)
    away.rename(path)
    send(app, "note", "after")
    until(lambda: {"in-flight", "after"} <= set(processes.recorded()), worker)
    assert QueueFolder(path).size("celery") == 0
    assert reply_of(app)


def test_a_worker_goes_on_in_an_empty_folder_once_there_is_one(processes, path):
    worker = processes.worker()
    path.rename(path.with_name("away"))
    until(lambda: b"mkdir -m 700" in worker.log.read_bytes(), worker)
    path.mkdir(0o700)
    until(lambda: worker.log.read_bytes().count(b"Connected to") >= 2, worker)
    with Celery("sender", broker=f"eaglet://{path}", set_as_current=False, fixups=[]) as app:
        send(app, "note", "new")
        until(lambda: "new" in processes.recorded(), worker)
        assert reply_of(app)


def test_workers_are_inspected_watched_and_shut_down(processes, app, path):
    worker = processes.worker("--task-events")
    assert [*reply_of(app)[0].values()] == [{"ok": "pong"}]
    assert "pong" in processes.celery("inspect", "ping", "--timeout=2")
    inspect = app.control.inspect(timeout=10, limit=1)
    (queues,) = inspect.active_queues().values()
    assert [queue["name"] for queue in queues] == ["celery"]
    send(app, "note_slowly", "watched", 3)
    until(lambda: "begun-watched" in processes.recorded(), worker)
    (active,) = inspect.active().values()
    assert [task["name"] for task in active] == ["note_slowly"]
    seen = []
    with app.connection() as connection:
        receiver = app.events.Receiver(
            connection, handlers={"*": lambda event: seen.append(event["type"])}
        )
        for _ in range(100):
            if "task-succeeded" in seen:
                break
            try:
                receiver.capture(limit=1, timeout=0.5, wakeup=False)
            except TimeoutError:
                continue
    assert "task-succeeded" in seen
    app.control.shutdown()
    assert worker.wait(20) == 0
    assert not [name for name in os.listdir(path / "queues") if "pidbox" in name]


def test_purging_empties_the_queue(processes, app):
    for number in range(5):
        send(app, "note", number)
    assert "Purged 5 messages" in processes.celery("purge", "--force")


def test_what_dead_workers_were_controlled_by_does_not_stay(processes, app, path):
    dead = [processes.worker(name=f"dead{number}", concurrency=1) for number in range(2)]
    until(lambda: len(reply_of(app)) == 2)
    for worker in dead:
        kill_group(worker)
    worker = processes.worker(name="dead1", concurrency=1)
    assert reply_of(app, "dead1@test")

    def mailboxes():
        return {name for name in os.listdir(path / "queues") if name.endswith(".pidbox")}

    until(lambda: mailboxes() == {"dead1@test.celery.pidbox"}, worker)
    with kombu.Connection(f"eaglet://{path}") as connection:
        bound = {queue for queue, *_ in connection.default_channel.list_bindings()}
    assert "dead0@test.celery.pidbox" not in bound
    assert reply_of(app, "dead1@test")
    living = {str(worker.pid), str(os.getpid())}
    until(lambda: {name.split("-")[0] for name in os.listdir(path / "owners")} == living, worker)
