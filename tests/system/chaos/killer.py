"""Kills, at random moments while tasks are sent."""

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from tests.system.chaos.supervised import Supervised
from tests.system.servers.control import ControlledServer

BROKER_AWAY_SECONDS = 1.0


class Killer:
    """Kills the broker, a worker, a relay and the sender so often each, in random order."""

    def __init__(
        self,
        broker: ControlledServer | None,
        workers: Sequence[Supervised],
        relays: Sequence[Supervised],
        sender: Supervised,
        times: int,
        choice: random.Random,
    ) -> None:
        self.killed: Counter[str] = Counter()
        self._choice = choice
        kinds: dict[str, Callable[[], None]] = {
            "worker": lambda: choice.choice(workers).kill_and_start(),
            "relay": lambda: choice.choice(relays).kill_and_start(),
            "sender": sender.kill_and_start,
        }
        if broker:
            kinds["broker"] = lambda: kill_server(broker)
        self._plan = [kind for kind in kinds.items() for _ in range(times)]
        choice.shuffle(self._plan)
        self._all = len(self._plan)

    @property
    def next_at(self) -> float:
        """The part of the tasks that is to be sent before the next kill; 1 after the last."""
        done = self._all - len(self._plan)
        return 0.05 + 0.85 * done / self._all if self._plan else 1.0

    def kill_next(self) -> None:
        if self._plan:
            name, kill = self._plan.pop()
            time.sleep(self._choice.uniform(0, 0.2))
            kill()
            self.killed[name] += 1


def kill_server(broker: ControlledServer) -> None:
    broker.kill()
    time.sleep(BROKER_AWAY_SECONDS)
    broker.start()
