"""What stands in the outbox is published in the order of its priority."""

import threading

import pytest

from eaglet.tasks import send_task
from eaglet.tasks.relay.relay import Relay
from eaglet.tasks.testing import broker_down

QUEUE = "services.points.tasks.changed"

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


@pytest.mark.parametrize("batch_size", [2, 500])
def test_a_relay_publishes_the_urgent_ones_of_a_queue_first(numbers, batch_size):
    with broker_down():
        for n, priority in enumerate([0, 9, 3, 0, 9]):
            send_task(QUEUE, {"n": n}, priority=priority)
    Relay(["default"], batch_size).run_once(threading.Event())
    assert numbers(QUEUE) == [1, 4, 2, 0, 3]
