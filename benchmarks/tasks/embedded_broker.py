"""The embedded broker beside kombu's own filesystem transport: messages a second, as ratios.

For each size of backlog, publishing to an empty queue until it has that many, and then consuming
the first of them, with one process, one connection and acknowledgements. Each contestant has a
process of its own; they are measured in turns, and the figure to quote is the median of the
ratios of one round, with its range.

    python -m benchmarks.tasks.embedded_broker [ROUNDS]
"""

from __future__ import annotations

import multiprocessing
import statistics
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

CONTESTANTS = ("filesystem", "eaglet")
BACKLOGS = (1_000, 10_000)
# kombu's own lists the whole folder for each message, so that all of them would take minutes.
CONSUMED = 300
BODY = {"id": 7, "name": "abc", "price": 1.5}


def connect(contestant: str, folder: Path):
    import kombu

    import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu

    if contestant == "filesystem":
        options = {"control_folder": folder / "control", "polling_interval": 0.02}
        for option in ("data_folder_in", "data_folder_out"):
            options[option] = str(folder / "data")
        (folder / "data").mkdir()
        return kombu.Connection("filesystem://", transport_options=options)
    return kombu.Connection(f"eaglet://{folder}/queue")


def measure(contestant: str, backlog: int) -> tuple[float, float]:
    """Messages published, and consumed, a second."""
    import kombu

    with (
        tempfile.TemporaryDirectory() as folder,
        connect(contestant, Path(folder)) as connection,
    ):
        queue = kombu.Queue("benchmark", no_declare=True)
        producer = connection.Producer()
        started = time.perf_counter()
        for _ in range(backlog):
            producer.publish(BODY, routing_key="benchmark")
        published = backlog / (time.perf_counter() - started)
        left = CONSUMED

        def take(body, message) -> None:
            nonlocal left
            left -= 1
            message.ack()

        with connection.Consumer([queue], callbacks=[take], prefetch_count=1):
            started = time.perf_counter()
            while left:
                connection.drain_events(timeout=10)
            return published, CONSUMED / (time.perf_counter() - started)


def serve(contestant: str, pipe: Connection) -> None:
    while (backlog := pipe.recv()) is not None:
        pipe.send(measure(contestant, backlog))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    context = multiprocessing.get_context("spawn")
    pipes = {}
    for contestant in CONTESTANTS:
        pipe, theirs = context.Pipe()
        context.Process(target=serve, args=(contestant, theirs), daemon=True).start()
        pipes[contestant] = pipe
    for backlog in BACKLOGS:
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in CONTESTANTS}
        for _ in range(rounds):
            for contestant, pipe in pipes.items():
                pipe.send(backlog)
                figures[contestant].append(pipe.recv())
        print(f"\nbacklog {backlog:6}   {'a second, median':>18} {'/ filesystem':>13}   range")
        for position, doing in enumerate(("publish", "consume")):
            for contestant, measured in figures.items():
                own = [figure[position] for figure in measured]
                base = [figure[position] for figure in figures["filesystem"]]
                ratios = [mine / theirs for mine, theirs in zip(own, base, strict=True)]
                print(
                    f"{doing} {contestant:13} {statistics.median(own):12.0f} "
                    f"{statistics.median(ratios):13.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
                )
    for pipe in pipes.values():
        pipe.send(None)


if __name__ == "__main__":
    main()
