"""What a broker holds against one queue, or for a while, ends no worker."""

import time

import pytest
from kombu import Connection, Queue

from tests.tasks.receiver.running import Receiver

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def receiver(request, tmp_path, django_db_blocker):
    url = request.getfixturevalue(request.param).url
    with django_db_blocker.unblock(), Receiver(tmp_path, url) as receiver:
        yield receiver


def takes(receiver, worker, name):
    receiver.send("note", [{"name": name}])
    receiver.until(lambda: f"noted {name}" in worker.written())


@pytest.mark.parametrize("receiver", ["rabbitmq"], indirect=True)
def test_a_queue_that_the_broker_refuses_keeps_no_other(receiver):
    with Connection(receiver.broker_url) as other:
        Queue(f"{receiver.queue}.die", exclusive=True)(other.channel()).declare()
        worker = receiver.worker()
        takes(receiver, worker, "one")
        assert f"takes nothing from the queue '{receiver.queue}.die'" in receiver.log()


@pytest.mark.parametrize("receiver", ["rabbitmq"], indirect=True)
def test_a_worker_whose_connection_is_thought_to_be_alive_comes_back(receiver):
    first, second = (receiver.worker("--hostname=same@machine") for _ in range(2))
    receiver.kill(first)
    takes(receiver, second, "one")


@pytest.mark.parametrize("receiver", ["redis_server"], indirect=True)
def test_a_redis_that_is_read_only_for_a_while_ends_no_worker(receiver):
    worker = receiver.worker()
    takes(receiver, worker, "one")
    with Connection(receiver.broker_url) as connection:
        client = connection.default_channel.client
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
        time.sleep(3)
        client.execute_command("REPLICAOF", "NO", "ONE")
    takes(receiver, worker, "two")


@pytest.mark.parametrize("receiver", ["redis_server"], indirect=True)
def test_a_key_of_another_kind_keeps_no_other_queue(receiver):
    key = f"{receiver.queue}.die"
    with Connection(receiver.broker_url) as connection:
        client = connection.default_channel.client
        client.set(key, "no list")
        worker = receiver.worker()
        takes(receiver, worker, "one")
        client.delete(key)
    assert f"takes nothing from the queue '{key}'" in receiver.log()
    assert "WRONGTYPE" in receiver.log()
