"""Contestants measured in short interleaved rounds, each in a process of its own.

The machine's mood hits all of them alike that way, so the figure to quote is the median of the
ratios to the first contestant of the same round, with its quartiles.
"""

import multiprocessing
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

Prepare = Callable[..., Callable[[], Any]]


@dataclass(frozen=True)
class Figure:
    """What a repeat costs one contestant.

    `cpu` and `wall` are medians in microseconds; `ratio` is the median of the ratios to the first
    contestant's time of the same round, `low` and `high` their quartiles.
    """

    cpu: float
    wall: float
    low: float
    ratio: float
    high: float


Figures = dict[str, Figure]


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
    prepare: Prepare,
    contestants: Sequence[str],
    *args: Any,
    rounds: int,
    repeats: int,
    by: str = "CPU",
) -> Figures:
    """Measure, print a table, and return each contestant's figure.

    `prepare(contestant, *args)` sets one up in its process and returns what is repeated; what
    that returns at first is printed. Ratios are of the time named by `by`: "CPU" or "wall".
    """
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    for contestant in contestants:
        pipe, theirs = context.Pipe()
        given = (prepare, contestant, repeats, theirs, *args)
        processes.append(context.Process(target=serve, args=given, daemon=True))
        processes[-1].start()
        theirs.close()  # so that waiting for one that has died is an error
        pipes[contestant] = pipe
        print(f"{contestant:24} {pipe.recv()}")
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
    for process in processes:
        process.join()
    return _tell(contestants, cpu, wall, by)


def _tell(
    contestants: Sequence[str], cpu: dict[str, list[float]], wall: dict[str, list[float]], by: str
) -> Figures:
    counted = wall if by == "wall" else cpu
    first = contestants[0]
    figures = {}
    print(f"\n{'':24} {'CPU µs':>8} {'wall µs':>8} {'/ ' + first:>16}   quartiles")
    for contestant in contestants:
        pairs = zip(counted[contestant], counted[first], strict=True)
        low, middle, high = statistics.quantiles([own / base for own, base in pairs], n=4)
        figure = figures[contestant] = Figure(
            statistics.median(cpu[contestant]),
            statistics.median(wall[contestant]),
            low,
            middle,
            high,
        )
        print(
            f"{contestant:24} {figure.cpu:8.1f} {figure.wall:8.1f} {middle:16.3f}"
            f"   {low:.3f}–{high:.3f}"
        )
    return figures
