"""What can be wrong with a fake service, on order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from types import TracebackType

from eaglet.client.testing.answers import Scope


class Kind(Enum):
    """The kinds of faults."""

    DOWN = "down"
    SLOW = "slow"
    REVOKED_TOKEN = "revoked_token"  # noqa: S105 - a name
    CLOCK_SKEW = "clock_skew"


@dataclass
class Fault:
    """A fault that a service has until `end`, or the end of a `with` block."""

    kind: Kind
    scope: Scope
    seconds: float | None
    _end: Callable[[Fault], None]

    def end(self) -> None:
        """Mend it; what has come of it, such as an open breaker, takes its course."""
        self._end(self)

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
