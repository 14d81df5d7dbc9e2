"""The steps in which points change, and a message follows in another service."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from demo.brokers import QUEUE, Broker
from demo.caller import Caller
from demo.narration import Narrator
from demo.points_services import PointsServices
from demo.steps import StepFailed, expect

SHARED = "好友通过分享链接购买商品"
REDEEMED = "积分兑换商品"
SIGNED_IN = "每日签到"
NOT_ENOUGH_POINTS = 1002
PAYLOAD = ("member_id", "nick_name", "event_type", "increase_integral", "current_integral")
ARRIVAL_SECONDS = 60.0
_POLL_SECONDS = 0.1


@dataclass
class PointsScene:
    """What the steps work with."""

    narrator: Narrator
    caller: Caller
    services: PointsServices
    broker: Broker

    def change_points(self, event_type: str, increase: int, *, code: int = 200) -> Any:
        """Change the member's points; the data of the answer, which must have that code."""
        service = self.services.member
        change = {
            "member_id": self.services.member_id,
            "increase_integral": increase,
            "event_type": event_type,
        }
        answer = self.caller.put(service.url("member.points"), change, token=service.token)
        self.narrator.call(answer, change)
        return expect(answer, status=200, code=code)

    def message(self, task_id: str) -> dict[str, Any]:
        """The message of a task, as soon as it has arrived."""
        found: list[dict[str, Any]] = []

        def arrived() -> bool:
            found[:] = self.services.messages(self.caller, task_id=task_id)
            return bool(found)

        wait_until(arrived, f"the message of task {task_id} did not arrive")
        if len(found) != 1:
            raise StepFailed(f"{len(found)} messages for one task")
        return found[0]


def change_arrives_with_its_text(scene: PointsScene) -> None:
    """What one service sends, the other gets, down to the last byte."""
    scene.narrator.step("Points change, and the member is told by another service")
    scene.narrator.say(
        "The member service adds points and, in the same transaction, calls "
        f'send_task("{QUEUE}", …). The template message service, another process with another '
        "database, takes that task, and keeps the message that it would send."
    )
    sent = scene.change_points(SHARED, 100)
    payload = {
        "member_id": scene.services.member_id,
        "nick_name": "weizoom",
        "event_type": SHARED,
        "increase_integral": 100,
        "current_integral": 200,
    }
    if {name: sent[name] for name in PAYLOAD} != payload:
        raise StepFailed(f"the member service says that it has sent {sent!r}")
    message = scene.message(sent["task_id"])
    arrived = {name: message[name] for name in PAYLOAD}
    if arrived != payload:
        raise StepFailed(f"{arrived!r} arrived in place of {payload!r}")
    scene.narrator.line(f"   arrived: {json.dumps(arrived, ensure_ascii=False)}")
    scene.narrator.line(f"   it would send: {message['text']}")
    octets = message["event_type"].encode()
    if octets != SHARED.encode():
        raise StepFailed(f"the bytes that arrived are {octets.hex()}")
    scene.narrator.passed(
        f"all {len(PAYLOAD)} fields arrived; the {len(octets)} bytes of event_type are those "
        f"that were sent: {octets[:6].hex(' ')} … {octets[-3:].hex()}"
    )


def change_that_rolls_back_sends_nothing(scene: PointsScene) -> None:
    """A refusal takes back the task with everything else."""
    services = scene.services
    scene.narrator.step("A change that is rolled back sends nothing")
    scene.narrator.say(
        "The member service finds out that there are not enough points when it has taken them "
        "off and has called send_task. It raises ApiError, and its transaction is rolled back."
    )
    before = services.integral(scene.caller)
    scene.change_points(REDEEMED, -1000, code=NOT_ENOUGH_POINTS)
    if services.integral(scene.caller) != before:
        raise StepFailed("the points were changed all the same")
    outbox, changes = services.outbox(), services.changes(scene.caller)
    if set(outbox) != {change["task_id"] for change in changes}:
        raise StepFailed(f"the outbox has tasks of no change: {outbox!r}")
    scene.narrator.passed(f"still {before} points, and no row in the outbox")
    scene.message(scene.change_points(SIGNED_IN, 5)["task_id"])
    if any(message["event_type"] == REDEEMED for message in services.messages(scene.caller)):
        raise StepFailed("the message of the change that was rolled back was sent")
    scene.narrator.passed("a change after it has arrived; of the one rolled back, nothing")


def every_change_has_one_message(scene: PointsScene) -> None:
    """What either service has in its own database goes together."""
    scene.narrator.step("Each change has its message, and no message is without a change")
    changed = [change["task_id"] for change in scene.services.changes(scene.caller)]
    told = [message["task_id"] for message in scene.services.messages(scene.caller)]
    if sorted(changed) != sorted(told):
        raise StepFailed(f"changes with the tasks {changed!r}, messages of the tasks {told!r}")
    scene.narrator.passed(
        f"{len(changed)} changes in one database, {len(told)} messages in the other"
    )


def wait_until(ready: Callable[[], bool], otherwise: str) -> None:
    """Ask until it is so; StepFailed if it takes too long."""
    deadline = time.monotonic() + ARRIVAL_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise StepFailed(f"{otherwise} within {ARRIVAL_SECONDS:g} s")
        time.sleep(_POLL_SECONDS)
