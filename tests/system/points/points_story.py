"""The points story for a test: the services, how to change points, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.caller import Caller
from demo.points_services import PointsServices, start_points_services
from demo.processes import Processes
from tests.system.points.service_database import ServiceDatabase

SHARED = "好友通过分享链接购买商品"
FAR_TOO_MANY = -1_000_000
_STATES = ("waiting", "sent")


@dataclass(frozen=True)
class PointsStory:
    """The services that run, and the databases of the one that sends and the one that receives."""

    caller: Caller
    services: PointsServices
    sender: ServiceDatabase
    receiver: ServiceDatabase

    def change(self, increase: int, event_type: str = SHARED) -> dict[str, Any]:
        """Change the member's points; the envelope of the answer."""
        member = self.services.member
        change = {
            "member_id": self.services.member_id,
            "increase_integral": increase,
            "event_type": event_type,
        }
        answer = self.caller.put(member.url("member.points"), change, token=member.token)
        envelope: dict[str, Any] = answer.json()
        return envelope

    def integral(self) -> int:
        """The member's points."""
        [integral] = self.sender.column("SELECT integral FROM member_service_member")
        return integral

    def changed_tasks(self) -> list[str]:
        """The tasks of the changes that were committed, sorted."""
        return sorted(self.sender.column("SELECT task_id FROM member_service_pointschange"))

    def outbox(self) -> dict[str, str]:
        """The state of every task in the outbox."""
        rows = self.sender.rows("SELECT task_id, state FROM eaglet_tasks_outboxtask")
        return {task_id: _STATES[state] for task_id, state in rows}

    def told_tasks(self) -> list[str]:
        """The tasks of the messages, sorted."""
        return sorted(
            self.receiver.column("SELECT task_id FROM template_message_service_templatemessage")
        )

    def wait_until(self, ready: Callable[[], bool], found: str = "", seconds: float = 60) -> None:
        """Ask until it is so; fails with what was found after a while."""
        deadline = time.monotonic() + seconds
        while not ready():
            assert time.monotonic() < deadline, found
            time.sleep(0.1)


@contextmanager
def running_story(
    run_dir: Path, caller: Caller, broker: Mapping[str, str]
) -> Iterator[PointsStory]:
    """Start the services, over the broker that these environment variables tell of."""
    with Processes(run_dir) as processes:
        yield PointsStory(
            caller,
            start_points_services(run_dir, processes, caller, broker),
            ServiceDatabase(run_dir, "member"),
            ServiceDatabase(run_dir, "template_message"),
        )
