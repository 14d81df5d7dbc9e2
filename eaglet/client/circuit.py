"""Keep failures from spreading: for each service a circuit breaker and a retry budget.

Both are this process's own. They are cleared when settings are overridden, as in tests.
"""

import logging
import os
import sys
import threading
import time
from typing import Any, Final, NoReturn

from django.core.signals import setting_changed

from eaglet.circuit_breaker import Breaker, State
from eaglet.client import metrics
from eaglet.client.services.resolve import Service
from eaglet.conf import conf
from eaglet.exceptions import CircuitOpen

logger = logging.getLogger("eaglet.client.breaker")

RESERVE: Final = 10
"""How many repetitions a budget holds at most, and at first."""
_FAIR_SECONDS: Final = 1.0
_MOST_REMEMBERED: Final = 1000


class RetryBudget:
    """Lets repetitions be a share of the calls, so that they never multiply the load.

    Each call pays `ratio` in, each repetition takes 1 out; it holds `RESERVE` at most (the
    scheme of gRPC's retry throttling, gRFC A6).
    """

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._lock = threading.Lock()
        self._held: float = RESERVE

    def pay_in(self) -> None:
        """Note a call."""
        if self._held >= RESERVE:
            return
        with self._lock:
            self._held = min(self._held + self._ratio, RESERVE)

    def take(self) -> bool:
        """Take out a repetition; False if there is none left."""
        with self._lock:
            if self._held < 1:
                return False
            self._held -= 1
            return True


class Guard:
    """The breaker and the budget of one service, with log and metrics."""

    def __init__(self, service: Service) -> None:
        self.budget = RetryBudget(conf.EAGLET_CLIENT_RETRY_RATIO)
        self._name = service.name
        self._title = f"{service.name or 'the gateway'} at {service.host}"
        self._fair_seconds = min(_FAIR_SECONDS, service.timeout_seconds / 2)
        pause = conf.EAGLET_CLIENT_BREAKER_SECONDS
        self._breaker = Breaker(
            threshold=conf.EAGLET_CLIENT_BREAKER_FAILURES or sys.maxsize,
            open_seconds=pause,
            longest_open_seconds=pause,
            clock=time.monotonic,
            trial_seconds=service.timeout_seconds,
        )
        metrics.breaker_is(self._name, State.CLOSED)

    def check(self) -> None:
        """Raise CircuitOpen if a call would be refused now; takes no trial."""
        if self._breaker.is_open:
            self._refuse()

    def admit(self) -> None:
        """Let a request through, to be reported on; CircuitOpen if the service is left alone."""
        if not self._breaker.allow():
            self._refuse()
        if self._breaker.state is State.HALF_OPEN:
            metrics.breaker_is(self._name, State.HALF_OPEN)

    def succeeded(self) -> None:
        """Report that the service answered, whatever it said."""
        if self._breaker.succeeded():
            metrics.breaker_is(self._name, State.CLOSED)
            logger.info(
                "%s answers again: calls go through", self._title,
                extra={"service": self._name, "state": "closed"},
            )  # fmt: skip

    def failed(self, reason: object, allowed_seconds: float | None = None) -> None:
        """Report that the service did not answer, though it had `allowed_seconds` for it.

        Whose caller had hardly any time left says nothing about the service.
        """
        if allowed_seconds is not None and allowed_seconds < self._fair_seconds:
            self._breaker.undecided()
        elif self._breaker.failed():
            logger.warning(
                "%s is left alone for %.1f s after %d failures in a row, the last: %s",
                self._title, self._breaker.retry_in, conf.EAGLET_CLIENT_BREAKER_FAILURES,
                reason, extra={"service": self._name, "state": "open"},
            )  # fmt: skip
        metrics.breaker_is(self._name, self._breaker.state)

    def undecided(self) -> None:
        """Report that a request ended without telling anything about the service."""
        self._breaker.undecided()
        metrics.breaker_is(self._name, self._breaker.state)

    def _refuse(self) -> NoReturn:
        seconds = self._breaker.retry_in
        raise CircuitOpen(
            f"{self._title} has failed too often in a row: it is tried again in {seconds:.1f} s",
            service=self._name,
            retry_in_seconds=seconds,
        )


_guards: dict[tuple[str, str], Guard] = {}


def guard_of(service: Service) -> Guard:
    """Return the guard of a service; by name and address, for a name may be called at several."""
    key = service.name, service.url
    guard = _guards.get(key)
    if guard is None:
        if len(_guards) >= _MOST_REMEMBERED:
            _guards.clear()
        guard = _guards.setdefault(key, Guard(service))
    return guard


def clear_guards(**kwargs: Any) -> None:
    """Close every breaker and fill every budget."""
    _guards.clear()


setting_changed.connect(clear_guards, dispatch_uid="eaglet.client.circuit")

if hasattr(os, "register_at_fork"):  # where there are forks
    os.register_at_fork(after_in_child=clear_guards)
