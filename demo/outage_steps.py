"""The steps in which something that carries a task is away for a while."""

import time

from demo.points_steps import PointsScene, wait_until
from demo.steps import StepFailed

SIGNED_IN_FOR_A_WEEK = "连续签到七天"
REVIEWED = "发表商品评价"
FRIEND_JOINED = "好友注册"
PUBLISH_TIMEOUT_SECONDS = 1
"""EAGLET_PUBLISH_TIMEOUT_SECONDS, which the member service leaves as it is."""
MARGIN_SECONDS = 2


def waits_for_a_worker(scene: PointsScene) -> None:
    """Without a worker, messages wait at the broker."""
    services = scene.services
    scene.narrator.step("With the worker stopped, the message waits, and arrives later")
    services.processes.stop(services.worker)
    sent = scene.change_points(SIGNED_IN_FOR_A_WEEK, 20)
    wait_until(lambda: scene.broker.waiting() == 1, "the message was not at the broker")
    if services.messages(scene.caller, task_id=sent["task_id"]):
        raise StepFailed("the message arrived without a worker")
    scene.narrator.passed(f"answered as ever; 1 message waits at {scene.broker.title}")
    services.worker = services.template_message.role.work(services.processes)
    message = scene.message(sent["task_id"])
    scene.narrator.passed(f"the worker is back, and it has arrived: {message['text']}")


def waits_for_the_broker(scene: PointsScene) -> None:
    """Without a broker, messages wait in the outbox, and callers do not."""
    services = scene.services
    scene.narrator.step("With the broker away, nobody waits, and nothing is lost")
    scene.narrator.say(scene.broker.cutting)
    scene.broker.cut()
    try:
        began = time.monotonic()
        sent = scene.change_points(REVIEWED, 50)
        took = time.monotonic() - began
        if took > PUBLISH_TIMEOUT_SECONDS + MARGIN_SECONDS:
            raise StepFailed(f"the caller was kept waiting for {took:.1f} s")
        scene.narrator.passed(
            f"the caller waited {took:.2f} s "
            f"(EAGLET_PUBLISH_TIMEOUT_SECONDS is {PUBLISH_TIMEOUT_SECONDS})"
        )
        row = services.outbox()[sent["task_id"]]
        if row["state"] != "pending" or not row["last_error"]:
            raise StepFailed(f"the outbox has {row!r}")
        scene.narrator.passed(f"its row in the outbox is {row['state']}, and says why:")
        scene.narrator.line(f"       {row['last_error']}")
        if services.messages(scene.caller, task_id=sent["task_id"]):
            raise StepFailed("the message arrived without a broker")
    finally:
        scene.broker.restore()
    message = scene.message(sent["task_id"])
    services.worker.check_running()
    services.relay.check_running()
    wait_until(
        lambda: services.outbox()[sent["task_id"]]["state"] == "sent",
        "the outbox did not say that the task was sent",
    )
    scene.narrator.passed("it is back; the relay has published the task, and it has arrived:")
    scene.narrator.line(f"       {message['text']}")


def event_outlives_publisher_and_subscriber(scene: PointsScene) -> None:
    """What another service keeps is dropped by the event, whoever was killed meanwhile."""
    services = scene.services
    scene.narrator.step("One event, every service that cares: a cache elsewhere is dropped")
    scene.narrator.say(
        'The member service publishes "points.changed" with every change. The template message '
        "service keeps a member's points, which it asks of the member service, until that arrives."
    )
    before = services.integral(scene.caller)
    if services.kept_points(scene.caller) != before:
        raise StepFailed("it keeps other points than the member has")
    scene.narrator.say("Its worker is killed (SIGKILL), and so is the relay; then points change.")
    services.processes.kill(services.worker)
    services.processes.kill(services.relay)
    scene.change_points(FRIEND_JOINED, 10)
    kept = services.kept_points(scene.caller)
    if kept != before:
        raise StepFailed(f"it gives {kept} points without a call and without an event")
    scene.narrator.passed(f"without a worker it still gives {kept} points, from its cache")
    services.relay = services.member.role.relay(services.processes)
    services.worker = services.template_message.role.work(services.processes)
    wait_until(
        lambda: services.kept_points(scene.caller) == before + 10, "the cache was not dropped"
    )
    scene.narrator.passed(f"the worker is back, the event was kept for it: {before + 10} points")
