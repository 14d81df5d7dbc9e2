"""Kills the processes of the points story while points change, and counts what arrives."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import requests

from demo.points_services import PointsServices
from demo.roles import CONCURRENCY
from tests.system.points.points_story import FAR_TOO_MANY, PointsStory

TIMES = 3
KINDS = 4
PAUSE_SECONDS = 0.25


def check_nothing_was_lost(story: PointsStory) -> None:
    """Change points while processes are killed: each change that was committed has one message."""
    seed = random.randrange(1_000_000)
    before = story.integral() - _sum_of_increases(story)
    killer = Killer(story.services, random.Random(seed))
    killing = threading.Thread(target=killer.kill_all_kinds, args=[TIMES])
    killing.start()
    try:
        codes, promised = _change_points(story, killer, killing.is_alive)
    finally:
        killing.join()
    found = f"seed {seed}; answers {codes}; killed: {', '.join(killer.killed)}"

    story.services.member.role.manage("relay_tasks", "--once")
    tasks = story.changed_tasks()
    story.wait_until(lambda: story.told_tasks() == tasks, found)
    assert len(killer.killed) == TIMES * KINDS, found
    assert {200, 1002} <= set(codes), found
    assert promised <= set(tasks), found
    assert story.integral() == before + _sum_of_increases(story), found
    assert story.outbox() == dict.fromkeys(tasks, "sent"), found


def _change_points(
    story: PointsStory, killer: Killer, is_going_on: Callable[[], bool]
) -> tuple[list[int], set[str]]:
    """Change points one by one; the codes that were answered, and the tasks that were promised."""
    codes, promised = [], set()
    number = 0
    while is_going_on():
        number += 1
        killer.a_call_begins.set()
        try:
            answer = story.change(FAR_TOO_MANY if number % 5 == 0 else number)
        except requests.RequestException:
            # Its server was killed: only the database knows whether it was committed.
            codes.append(0)
        else:
            codes.append(answer["code"])
            if answer["code"] == 200:
                promised.add(answer["data"]["task_id"])
        time.sleep(PAUSE_SECONDS)
    return codes, promised


def _sum_of_increases(story: PointsStory) -> int:
    return sum(story.sender.column("SELECT increase_integral FROM member_service_pointschange"))


class Killer:
    """Kills with SIGKILL at random moments soon after `a_call_begins` was set."""

    def __init__(self, services: PointsServices, choice: random.Random) -> None:
        self.services = services
        self.killed: list[str] = []
        self.a_call_begins = threading.Event()
        self._choice = choice
        self._pause = threading.Event()

    def kill_all_kinds(self, times: int) -> None:
        """Kill each kind of process so many times, in random order."""
        kinds: list[Callable[[], None]] = [
            self._kill_server,
            self._kill_worker,
            self._kill_child_of_worker,
            self._kill_relay,
        ]
        for _ in range(times):
            self._choice.shuffle(kinds)
            for kill in kinds:
                self.a_call_begins.clear()
                self.a_call_begins.wait(5)
                self._pause.wait(self._choice.uniform(0, 0.05))
                kill()
                self.killed.append(kill.__name__.removeprefix("_kill_"))

    def _kill_server(self) -> None:
        member = self.services.member
        self.services.processes.kill(member.server.process)
        member.server = member.role.serve(self.services.processes)

    def _kill_worker(self) -> None:
        worker = self.services.worker
        # Its children are left to find out for themselves.
        os.kill(worker.popen.pid, signal.SIGKILL)
        worker.popen.wait()
        self.services.worker = self.services.template_message.role.work(self.services.processes)
        self.services.processes.kill(worker)

    def _kill_child_of_worker(self) -> None:
        children = children_of_worker(self.services)
        os.kill(self._choice.choice(children), signal.SIGKILL)

    def _kill_relay(self) -> None:
        self.services.processes.kill(self.services.relay)
        self.services.relay = self.services.member.role.relay(self.services.processes)


def children_of_worker(services: PointsServices) -> list[int]:
    """The processes that the worker runs tasks in; it waits until all are there."""
    deadline = time.monotonic() + 30
    while len(children := _children_of(services.worker.popen.pid)) < CONCURRENCY:
        assert time.monotonic() < deadline, f"the worker has {len(children)} children"
        time.sleep(0.1)
    return children


def _children_of(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().rpartition(")")
        except OSError:
            continue
        if int(rest.split()[1]) == pid:
            found.append(int(name.split()[0]))
    return sorted(found)
