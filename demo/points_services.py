"""The member service, the template message service, and what carries tasks between them."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.called_service import CalledService, kept_credentials, start_service
from demo.caller import Caller
from demo.processes import ManagedProcess, Processes
from demo.roles import CommandFailed, Role

APP = "apiserver"
"""The name that what changes points is registered under, at both services."""
NICK_NAME = "weizoom"
INTEGRAL = 100
"""What the member begins with."""


@dataclass
class PointsServices:
    """The two services, the worker of the one, and the relay of the other."""

    processes: Processes
    member: CalledService
    template_message: CalledService
    worker: ManagedProcess
    relay: ManagedProcess
    member_id: int

    def outbox(self) -> dict[str, dict[str, Any]]:
        """What stands in the member service's outbox, by task id."""
        rows = map(json.loads, self.member.role.manage("outbox_tasks").splitlines())
        return {row["task_id"]: row for row in rows}

    def integral(self, caller: Caller) -> int:
        """The member's points."""
        found = self.member.get(caller, "member.points", member_id=self.member_id)
        integral: int = found["integral"]
        return integral

    def changes(self, caller: Caller) -> list[dict[str, Any]]:
        """The member's changes of points, the last one first."""
        changes: list[dict[str, Any]] = self.member.get(
            caller, "member.points_change", member_id=self.member_id
        )
        return changes

    def messages(self, caller: Caller, **wanted: str) -> list[dict[str, Any]]:
        """What the template message service would send, the last one first."""
        messages: list[dict[str, Any]] = self.template_message.get(
            caller, "template_message.message", **wanted
        )
        return messages

    def kept_points(self, caller: Caller) -> int:
        """The member's points, as the template message service keeps them."""
        found = self.template_message.get(
            caller, "template_message.points", member_id=self.member_id
        )
        integral: int = found["integral"]
        return integral


def start_points_services(
    run_dir: Path,
    processes: Processes,
    caller: Caller,
    broker: Mapping[str, str],
    ports: tuple[int, int] = (0, 0),
    more: Callable[[str], Mapping[str, str]] = lambda name: {},
) -> PointsServices:
    """Start all of it.

    `broker` is what tells the roles where the broker is, `more` what else a role is told.
    """
    sender = Role("member", run_dir, {**broker, **more("member")}, ports[0])
    member = start_service(sender, APP, processes, caller)
    own = kept_credentials(sender, "messages", run_dir / "member.messages.credentials")
    calls_member = {
        "ENABLE_API_AUTH": "true",
        "APP_KEY": own.app_key,
        "APP_SECRET": own.app_secret,
        "EAGLET_SERVICES": json.dumps({"member": {"HOST": member.server.url}}),
    }
    told = {**broker, **calls_member, **more("template_message")}
    receiver = Role("template_message", run_dir, told, ports[1])
    template_message = start_service(receiver, APP, processes, caller)
    return PointsServices(
        processes,
        member,
        template_message,
        worker=receiver.work(processes),
        relay=member.role.relay(processes),
        member_id=_create_member(member.role),
    )


def _create_member(role: Role) -> int:
    printed = role.manage("create_member", NICK_NAME, "--integral", str(INTEGRAL))
    found = re.search(r"^member_id: (\d+)$", printed, re.MULTILINE)
    if found is None:
        raise CommandFailed(f"create_member printed no id: {printed!r}")
    return int(found[1])
