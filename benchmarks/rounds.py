"""Contestants measured in short interleaved rounds, each in a process of its own.

The machine's mood hits all of them alike that way, so the figure to quote is the median of the
ratios to the first contestant of the same round, with its quartiles.
"""

from __future__ import annotations

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

Prepare = Callable[..., Callable[[], Any]]


def serve(prepare: Prepare, contestant: str, repeats: int, pipe: Connection, *args: Any) -> None:
    """Run a round whenever asked to; answer with CPU and wall microseconds per repeat."""
    call = prepare(contestant, *args)
    pipe.send(call())
    while pipe.recv():
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(repeats):
            call()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        pipe.send((cpu / repeats * 1e6, wall / repeats * 1e6))


def compare(
    prepare: Prepare, contestants: Sequence[str], *args: Any, rounds: int, repeats: int
) -> dict[str, float]:
    """Print a table; returns each contestant's median ratio to the first, by CPU time.

    `prepare(contestant, *args)` sets one up in its process and returns what is repeated; what
    that returns at first is printed.
    """
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for contestant in contestants:
        pipe, theirs = context.Pipe()
        given = (prepare, contestant, repeats, theirs, *args)
        context.Process(target=serve, args=given, daemon=True).start()
        theirs.close()  # so that waiting for one that has died is an error
        pipes[contestant] = pipe
        print(f"{contestant:16} {pipe.recv()}")
    cpu: dict[str, list[float]] = {contestant: [] for contestant in contestants}
    wall: dict[str, list[float]] = {contestant: [] for contestant in contestants}
    for _ in range(rounds):
        for contestant, pipe in pipes.items():
            pipe.send(True)
            measured = pipe.recv()
            cpu[contestant].append(measured[0])
            wall[contestant].append(measured[1])
    for pipe in pipes.values():
        pipe.send(False)
    return _tell(contestants, cpu, wall)


def _tell(
    contestants: Sequence[str], cpu: dict[str, list[float]], wall: dict[str, list[float]]
) -> dict[str, float]:
    first = contestants[0]
    medians = {}
    print(f"\n{'':16} {'CPU µs':>8} {'wall µs':>8} {'/ ' + first:>16}   quartiles")
    for contestant in contestants:
        pairs = zip(cpu[contestant], cpu[first], strict=True)
        low, middle, high = statistics.quantiles([own / base for own, base in pairs], n=4)
        medians[contestant] = middle
        print(
            f"{contestant:16} {statistics.median(cpu[contestant]):8.1f}"
            f" {statistics.median(wall[contestant]):8.1f} {middle:16.3f}   {low:.3f}–{high:.3f}"
        )
    return medians
