"""What may and what may not happen in a soak."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from benchmarks.soak.calling import Tally

RESTART_GRACE_SECONDS = 1.0
"""The breaker lets a call try the service again after EAGLET_CLIENT_BREAKER_SECONDS, 0.5."""
OUTAGE_GRACE_SECONDS = 2.5
"""The token service is asked again within 2 s of being back."""
MOST_GROWTH = 1.1
MOST_GROWTH_MEGABYTES = 8


@dataclass
class Events:
    """What was done to the services, by the monotonic clock.

    Attributes:
        restarts: from when to when the service was away.
        outages: the same of the token service.
        asked: when tokens were asked for, by the secret they were asked for with.
    """

    restarts: list[tuple[float, float]] = field(default_factory=list)
    outages: list[tuple[float, float]] = field(default_factory=list)
    asked: dict[str, list[float]] = field(default_factory=dict)

    def excuse(self, began: float, ended: float) -> bool:
        """Whether a call in that time may have failed."""
        windows = [
            *((down, up + RESTART_GRACE_SECONDS) for down, up in self.restarts),
            *((down, up + OUTAGE_GRACE_SECONDS) for down, up in self.outages),
        ]
        # Moments of calls are in tenths of a second.
        return any(began <= up + 0.1 and ended >= down - 0.1 for down, up in windows)


def faults(tallies: Sequence[Tally], events: Events, lifetime: float) -> Iterator[str]:
    """What a soak must not have shown, a line each."""
    for tally in tallies:
        for answer in tally.wrong[:5]:
            yield f"a wrong answer: {answer}"
    unexcused = unexcused_failures(tallies, events)
    for (began, ended, kind), count in unexcused.most_common(10):
        yield f"{count} failed with no reason to, {began:.1f}–{ended:.1f} s: {kind}"
    for secret, moments in events.asked.items():
        for before, after in pairwise(moments):
            # Renewed in the last tenth of its life; the rest is how exact such moments are. The
            # answer to one made as the service is killed may be lost.
            if after - before < lifetime * 0.8 and not events.excuse(before, before):
                yield f"two tokens asked for within {after - before:.2f} s with secret {secret}"
    for tally in tallies:
        start, _, end = tally.resident
        if end > max(start * MOST_GROWTH, start + MOST_GROWTH_MEGABYTES):
            yield f"memory grew from {start:.1f} to {end:.1f} MB"


def unexcused_failures(tallies: Sequence[Tally], events: Events) -> Counter:
    """The failures outside of restarts and outages."""
    found: Counter = Counter()
    for tally in tallies:
        for (began, ended, kind), count in tally.failures.items():
            if not events.excuse(began, ended):
                found[began, ended, kind] += count
    return found
