"""Publishing at once after a commit, on a thread of the process, without keeping the caller.

The thread may hang with the broker for as long as it likes: the caller waits for it until a
deadline, and not at all while the breaker is open. What it did not publish, the relay will.
"""

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from queue import SimpleQueue
from typing import Final

from eaglet.circuit_breaker import Breaker
from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.connection import Broker
from eaglet.tasks.display import describe
from eaglet.tasks.models import OutboxTask

logger = logging.getLogger("eaglet.tasks")

AT_ONCE: Final = 100
"""Tasks that are on their way to the broker together."""


@dataclass
class PublishResult:
    """Tell what became of tasks; those neither sent nor refused were not finished in time."""

    tasks: Sequence[OutboxTask]
    sent: list[OutboxTask] = field(default_factory=list)
    refused: list[tuple[OutboxTask, PublishError]] = field(default_factory=list)
    unavailable: BrokerUnavailable | None = None
    done: threading.Event = field(default_factory=threading.Event)
    given_up: bool = False


class Publisher:
    """Publish on a thread of the process, behind a breaker."""

    def __init__(self, breaker: Breaker | None = None) -> None:
        self._breaker = breaker or Breaker()
        self._jobs: SimpleQueue[PublishResult] = SimpleQueue()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._at_work: PublishResult | None = None

    @property
    def is_available(self) -> bool:
        """Return whether `publish` would try: the breaker is closed, the thread does not hang."""
        at_work = self._at_work
        return not (at_work and at_work.given_up) and not self._breaker.is_open

    def publish(self, tasks: Sequence[OutboxTask], timeout_seconds: float) -> PublishResult:
        """Publish what can be within the time, and return what was; failures are in the result."""
        result = PublishResult(tasks)
        if not self.is_available or not self._breaker.allow():
            result.unavailable = BrokerUnavailable("the broker is left alone after failures")
            return result
        self._start()
        self._jobs.put(result)
        in_time = False
        try:
            in_time = result.done.wait(timeout_seconds)
        finally:  # also when Ctrl-C or a task's time limit ends the wait
            result.given_up = not in_time
        if not in_time:
            # One that is slow, or busy for somebody else, is not one that is silent.
            if self._at_work is result and not result.sent:
                self._breaker.failed(open_now=True)
        elif result.unavailable is not None:
            self._breaker.failed()
        else:
            self._breaker.succeeded()
        return result

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                # A daemon: a broker that hangs must not keep the process from ending.
                self._thread = threading.Thread(
                    target=self._run, name="eaglet-publisher", daemon=True
                )
                self._thread.start()

    def _run(self) -> None:
        broker = Broker()
        while True:
            result = self._jobs.get()
            self._at_work = result
            try:
                self._work(broker, result)
            except Exception as error:
                logger.exception("publishing failed")
                result.unavailable = BrokerUnavailable(describe(error))
            finally:
                self._at_work = None
                result.done.set()

    def _work(self, broker: Broker, result: PublishResult) -> None:
        def report(task: OutboxTask, error: PublishError | None) -> None:
            if error is None:
                result.sent.append(task)
            else:
                result.refused.append((task, error))

        # The first alone: of a broker that does not answer only that one may come twice.
        bounds = [0, 1, *range(1 + AT_ONCE, len(result.tasks) + AT_ONCE, AT_ONCE)]
        for start, end in pairwise(bounds):
            if result.given_up:
                return
            try:
                broker.publish(result.tasks[start:end], report)
            except BrokerUnavailable as error:
                result.unavailable = error
                return


_publisher = Publisher()


def publisher() -> Publisher:
    """Return the process's publisher."""
    return _publisher


def renew() -> None:
    """Begin anew: with a closed breaker, and no thread that hangs."""
    global _publisher  # noqa: PLW0603
    _publisher = Publisher()


# A thread does not live on in a child, and its connection belongs to the parent.
os.register_at_fork(after_in_child=renew)
