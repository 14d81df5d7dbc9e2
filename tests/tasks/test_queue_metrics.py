"""What Prometheus is told of each queue that is taken from."""

import datetime
import math
import re
import uuid

import pytest
from django.utils import timezone

from eaglet.observability import metrics
from eaglet.tasks import send_task, task
from eaglet.tasks.models import ReceivedTask
from tests.tasks.receiving.conftest import BROKERS

State = ReceivedTask.State


@pytest.fixture(params=BROKERS)
def broker(request, tmp_path, settings):
    is_embedded = request.param == "embedded"
    settings.CELERY_BROKER_URL = (
        f"eaglet://{tmp_path / 'queue'}"
        if is_embedded
        else request.getfixturevalue(request.param).url
    )


def taken(args):
    """The handler, which no worker calls."""


def told(queue):
    """The value of each metric that has the queue's label."""
    lines = re.findall(
        rf'^(eaglet_\w+)\{{queue="{queue}"\}} (.+)$', metrics.exposition()[0].decode(), re.MULTILINE
    )
    return {name: float(value) for name, value in lines}


def received(queue, state, ago, due_in=0):
    now = timezone.now()
    ReceivedTask.objects.create(
        key=uuid.uuid4().hex,
        queue_name=queue,
        state=state,
        received_at=now - datetime.timedelta(seconds=ago),
        due_at=now + datetime.timedelta(seconds=due_in),
    )


@pytest.mark.usefixtures("broker")
@pytest.mark.django_db(transaction=True)
def test_each_queue_has_its_lag_and_what_was_begun_and_put_off(queue):
    task(queue)(taken)
    assert told(queue) == {
        "eaglet_queue_lag": 0,
        "eaglet_received_in_flight": 0,
        "eaglet_received_waiting": 0,
        "eaglet_received_oldest_seconds": 0,
    }
    for _ in range(3):
        send_task(queue, {})
    received(queue, State.STARTED, ago=60)
    received(queue, State.RETRYING, ago=600, due_in=100)  # its time has not come
    received(queue, State.DONE, ago=6000)
    received("another's", State.STARTED, ago=60)
    now = told(queue)
    assert 60 <= now.pop("eaglet_received_oldest_seconds") < 600
    assert now == {
        "eaglet_queue_lag": 3,
        "eaglet_received_in_flight": 1,
        "eaglet_received_waiting": 1,
    }
    assert told("another's") == {}


@pytest.mark.django_db(transaction=True)
def test_the_lag_is_not_a_number_while_the_broker_is_away(queue, settings):
    task(queue)(taken)
    settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:1//"
    now = told(queue)
    assert math.isnan(now["eaglet_queue_lag"])
    assert now["eaglet_received_in_flight"] == 0
