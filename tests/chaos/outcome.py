"""What has become of the tasks, by the database's word."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from tests.chaos.sender import ROLLED_BACK


@dataclass(frozen=True)
class Outcome:
    """Numbers of tasks. `done` counts each once, however often it was done."""

    sent: int
    done: int
    parked: int
    repeats: int
    rolled_back_and_done: int

    @property
    def lost(self) -> int:
        return self.sent - self.done - self.parked

    def __str__(self) -> str:
        return (
            f"sent {self.sent} = done {self.done} + parked {self.parked}, lost {self.lost}; "
            f"repeats {self.repeats}"
        )

    def faults(self) -> list[str]:
        found = []
        if self.lost:
            found.append(f"{self.lost} are neither done nor parked")
        if self.rolled_back_and_done:
            found.append(f"{self.rolled_back_and_done} that were rolled back are done")
        return found


def look() -> Outcome:
    from eaglet.tasks.models import OutboxTask  # noqa: PLC0415 - needs the apps
    from tests.chaos.effects.models import Effect  # noqa: PLC0415

    done = Counter(Effect.objects.values_list("number", flat=True))
    rolled_back = done.pop(ROLLED_BACK, 0)
    return Outcome(
        sent=OutboxTask.objects.count(),
        done=len(done),
        parked=OutboxTask.objects.parked().count(),
        repeats=sum(done.values()) - len(done),
        rolled_back_and_done=rolled_back,
    )
