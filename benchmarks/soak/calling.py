"""A process of callers: its threads call until their share is made, and it is over."""

import itertools
import logging
import os
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.soak.serving import configure

PAUSE_AFTER_FAILURE_SECONDS = 0.05


@dataclass
class Tally:
    """How the calls of a process went.

    Attributes:
        good: how many got the right answer.
        wrong: what was answered that is not.
        failures: how many failed, by when they began and ended (tenths of a second of the
            monotonic clock, which all processes share) and what was raised.
        resident: megabytes of the process after a fifth and half of its share, and in the end.
    """

    good: int = 0
    wrong: list[str] = field(default_factory=list)
    failures: Counter = field(default_factory=Counter)
    resident: list[float] = field(default_factory=list)


class Callers:
    """The process, from the outside."""

    def __init__(self, url: str, database: str, credentials: tuple[str, str], **shares: Any):
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_run, args=(theirs, url, database, credentials, shares), daemon=True
        )
        self._process.start()
        theirs.close()

    def begin(self) -> None:
        self._pipe.send("begin")

    def use_secret(self, secret: str) -> None:
        """Call with another secret from now on."""
        self._pipe.send(secret)

    def is_over(self) -> None:
        """Let it end as soon as its share of the calls is made."""
        self._pipe.send(None)

    def done(self) -> Tally | None:
        """The tally, once it has ended."""
        return self._pipe.recv() if self._pipe.poll() else None

    def end(self) -> None:
        self._process.kill()
        self._process.join()


def _run(
    pipe: Connection, url: str, database: str, credentials: tuple[str, str], shares: dict[str, Any]
) -> None:
    configure(
        database,
        60,
        ["eaglet.client"],
        ENABLE_API_AUTH=True,
        EAGLET_SERVICES={"soak": {"HOST": url, "TIMEOUT_SECONDS": 10}},
        EAGLET_CLIENT_RAISE_ERRORS=True,
    )
    from eaglet.client import Resource

    logging.disable(logging.CRITICAL)
    app_key, secret = credentials
    Resource.configure({"app_key": app_key, "app_secret": secret})
    tally = Tally()
    pipe.recv()
    over = threading.Event()
    calls = threading.Thread(target=_call, args=(tally, over), kwargs=shares)
    calls.start()
    while calls.is_alive():
        if pipe.poll(0.1):
            secret = pipe.recv()
            if secret is None:
                over.set()
            else:
                Resource.configure({"app_secret": secret})
    pipe.send(tally)


def _call(tally: Tally, over: threading.Event, calls: int, threads: int, pause: float) -> None:
    numbers = itertools.count()
    lock = threading.Lock()
    at = {calls // 5, calls // 2}

    def work() -> None:
        while (number := next(numbers)) < calls or not over.is_set():
            if number in at:
                tally.resident.append(_resident())
            _one(tally, lock, number)
            if pause:
                time.sleep(pause)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    tally.resident.append(_resident())


def _one(tally: Tally, lock: threading.Lock, number: int) -> None:
    from eaglet.client import EagletError, Resource

    service = Resource.use("soak")
    began = time.monotonic()
    try:
        verb = service.post if number % 2 else service.get
        answer: Any = verb({"resource": "soak.double", "data": {"number": number}})
    except EagletError as error:
        kind = f"{type(error).__name__}: {error}"[:200]
        with lock:
            tally.failures[round(began, 1), round(time.monotonic(), 1), kind] += 1
        time.sleep(PAUSE_AFTER_FAILURE_SECONDS)
        return
    right = answer["code"] == 200 and answer["data"] == {"number": number, "double": 2 * number}
    with lock:
        if right:
            tally.good += 1
        else:
            tally.wrong.append(repr(answer)[:200])


def _resident() -> float:
    """Megabytes of memory that this process has in use."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
