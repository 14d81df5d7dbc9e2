"""Order what is to be wrong with a fake service."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum

from eaglet.client.testing.answers import Scope


class Kind(Enum):
    """The kinds of faults."""

    DOWN = "down"
    SLOW = "slow"
    REVOKED_TOKEN = "revoked_token"  # noqa: S105 - a name
    CLOCK_SKEW = "clock_skew"


@dataclass
class Fault(AbstractContextManager["Fault"]):
    """A fault that a service has until `end`, or the end of a `with` block."""

    kind: Kind
    scope: Scope
    seconds: float
    _end: Callable[[Fault], None]

    def end(self) -> None:
        """Mend it; what has come of it, such as an open breaker, takes its course."""
        self._end(self)

    def __exit__(self, *error: object) -> None:
        self.end()
