"""Tell Prometheus of each queue that this service takes from: what waits, and what is begun."""

import math
from contextlib import closing, suppress
from typing import Final

from prometheus_client import Gauge

from eaglet.exceptions import BrokerUnavailable
from eaglet.observability import metrics
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.database import utc_now, with_zone
from eaglet.tasks.metrics import MOST_COUNTED
from eaglet.tasks.models import ReceivedTask, ledger_alias
from eaglet.tasks.receiving.decorator import declared_queues
from eaglet.tasks.receiving.worker import discover

_State = ReceivedTask.State


def _gauge(name: str, documentation: str) -> Gauge:
    return Gauge(name, documentation, ("queue",), multiprocess_mode="mostrecent")


_LAG: Final = _gauge(
    "eaglet_queue_lag", "Tasks at the broker that no worker has taken; NaN while it is away."
)
_IN_FLIGHT: Final = _gauge("eaglet_received_in_flight", "Tasks that a worker has begun.")
_PUT_OFF: Final = _gauge(
    "eaglet_received_waiting", "Tasks that were taken, and are to be begun later, or again."
)
_OLDEST: Final = _gauge(
    "eaglet_received_oldest_seconds",
    "How long ago the oldest task that is begun, or put off and due, was taken.",
)


def _look() -> None:
    discover()
    _look_at_the_broker()
    alias, now = ledger_alias(), utc_now()
    gauges = dict.fromkeys((_State.STARTED, _State.REPLAYED), _IN_FLIGHT)
    gauges.update(dict.fromkeys(ReceivedTask.PUT_OFF, _PUT_OFF))
    rows = ReceivedTask.objects.using(alias).filter(state__in=gauges).order_by()
    values = rows.values_list("queue_name", "state", "received_at", "due_at")[:MOST_COUNTED]
    counted = {(gauge, queue): 0 for gauge in gauges.values() for queue in declared_queues()}
    oldest = dict.fromkeys(declared_queues(), 0.0)
    # A queue that is declared no more has no labels: they are to be few.
    for queue, state, received_at, due_at in values.iterator():
        if queue in oldest:
            counted[gauges[_State(state)], queue] += 1
            if state == _State.STARTED or with_zone(due_at) <= now:
                age = (now - with_zone(received_at)).total_seconds()
                oldest[queue] = max(oldest[queue], age)
    for (gauge, queue), count in counted.items():
        gauge.labels(queue).set(count)
    for queue, age in oldest.items():
        _OLDEST.labels(queue).set(age)


def _look_at_the_broker() -> None:
    queues = declared_queues()
    waiting: dict[str, float] = dict.fromkeys(queues, math.nan)
    broker = Broker()
    with suppress(BrokerUnavailable), closing(broker):
        waiting.update((queue, broker.waiting(queue) or 0) for queue in queues)
    for queue, count in waiting.items():
        _LAG.labels(queue).set(count)


metrics.before_collecting(_look)
