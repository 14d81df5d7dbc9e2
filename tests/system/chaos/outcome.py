"""What has become of the tasks, by the database's word."""

from collections import Counter
from dataclasses import dataclass

from tests.system.chaos.sender import ROLLED_BACK


@dataclass(frozen=True)
class Outcome:
    """Numbers of tasks. `done` counts each once, however often it was done."""

    sent: int
    done: int
    parked: int
    repeats: int
    # Of tasks declared with once=True.
    repeated_once: int
    rolled_back_and_done: int
    # Of Django's tasks, whose result is not what was done.
    wrong_results: int = 0

    @property
    def lost(self) -> int:
        return self.sent - self.done - self.parked

    def __str__(self) -> str:
        return (
            f"sent {self.sent} = done {self.done} + parked {self.parked}, lost {self.lost}; "
            f"repeats {self.repeats}, of once=True {self.repeated_once}"
        )

    def faults(self) -> list[str]:
        found = []
        if self.lost:
            found.append(f"{self.lost} are neither done nor parked")
        if self.repeated_once:
            found.append(f"{self.repeated_once} with once=True are done more than once")
        if self.rolled_back_and_done:
            found.append(f"{self.rolled_back_and_done} that were rolled back are done")
        if self.wrong_results:
            found.append(f"{self.wrong_results} results do not tell what was done")
        return found


def look() -> Outcome:
    from eaglet.tasks.models import OutboxTask, ReceivedTask  # noqa: PLC0415 - needs the apps
    from tests.system.chaos.effects.models import Effect  # noqa: PLC0415
    from tests.system.chaos.effects.tasks import ONCE, SUBSCRIBERS  # noqa: PLC0415

    effects = Effect.objects.exclude(number=ROLLED_BACK)
    done = Counter(effects.values_list("queue_name", "number"))
    rolled_back = Effect.objects.filter(number=ROLLED_BACK).count()
    once = Counter({key: count for key, count in done.items() if key[0] in (ONCE, *SUBSCRIBERS)})
    tasks = OutboxTask.objects.filter(kind=OutboxTask.Kind.TASK).count()
    return Outcome(
        sent=tasks + (OutboxTask.objects.count() - tasks) * len(SUBSCRIBERS),
        done=len(done),
        parked=OutboxTask.objects.parked().count() + ReceivedTask.objects.parked().count(),
        repeats=sum(done.values()) - len(done),
        repeated_once=sum(once.values()) - len(once),
        rolled_back_and_done=rolled_back,
    )


def count_wrong_results() -> int:
    """Ask for the result of every 20th of Django's tasks."""
    from eaglet.tasks.django_tasks.store import queues_of  # noqa: PLC0415
    from eaglet.tasks.models import OutboxTask  # noqa: PLC0415 - needs the apps
    from tests.system.chaos.effects.models import Effect  # noqa: PLC0415
    from tests.system.chaos.effects.tasks import DJANGO  # noqa: PLC0415

    done = set(Effect.objects.values_list("number", flat=True))
    wrong = 0
    for task in DJANGO.values():
        mine = OutboxTask.objects.filter(queue_name__in=queues_of(task.get_backend()).values())
        for task_id in mine.order_by("pk").values_list("task_id", flat=True)[::20]:
            result = task.get_result(task_id)
            expected = "SUCCESSFUL" if result.args[0] in done else "FAILED"
            wrong += result.status != expected
    return wrong
