"""Job A under each framework's own server: requests a second, one worker, several callers at once.

python -m benchmarks.job_a_servers [ROUNDS]

The callers are connections that are kept, driven by one process that does no more than see where
an answer ends. Contestants take turns in short rounds: the figure to quote is the median of the
ratios to the first one of the same round.
"""

import os
import re
import selectors
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec

from benchmarks.job_a import QUERY

CALLERS = 16
SECONDS = 1.0
_REQUEST = f"GET /job/a/?{QUERY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_GRANIAN = "granian --interface wsgi --workers 1 --blocking-threads 1 --no-ws --log-level warning"
_GUNICORN = "gunicorn --workers 1 --worker-class gthread --threads 1 --log-level warning"

# What is served, and by what; `{port}` is filled in.
SERVERS = {
    "FastAPI, async, on uvicorn": (
        "",
        "uvicorn --workers 1 --port {port} --log-level warning benchmarks.job_a_fastapi:app",
    ),
    "eaglet on granian": ("eaglet", _GRANIAN + " --port {port} benchmarks.job_a_wsgi:application"),
    "plain Django on granian": (
        "plain Django",
        _GRANIAN + " --port {port} benchmarks.job_a_wsgi:application",
    ),
    "eaglet on gunicorn": ("eaglet", _GUNICORN + " --bind 127.0.0.1:{port} benchmarks.job_a_wsgi"),
    "DRF on gunicorn": (
        "DRF, Serializer",
        _GUNICORN + " --bind 127.0.0.1:{port} benchmarks.job_a_wsgi",
    ),
}

Rates = dict[str, tuple[float, float, float, float]]
"""Requests a second, and the ratio to the first: its lower quartile, median and upper quartile."""


@contextmanager
def server(name: str) -> Iterator[int]:
    """Run one contestant; gives its port once it answers."""
    contestant, options = SERVERS[name]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", *options.format(port=port).split()],
        env={**os.environ, "BENCHMARK_CONTESTANT": contestant},
        start_new_session=True,
    )
    try:
        while True:
            # Some listen before what they serve is loaded.
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 60) as caller:
                caller.sendall(_REQUEST)
                if caller.recv(1):
                    break
            if process.poll() is not None:
                raise SystemExit(f"{name} does not start")
            time.sleep(0.1)
        yield port
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def is_whole(answer: bytes) -> bool:
    """Whether an answer has come to its end; raises for any status but 200."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    if not head.startswith(b"HTTP/1.1 200"):
        raise SystemExit(answer.decode(errors="replace"))
    length = _LENGTH.search(head)
    return len(body) >= int(length[1]) if length else body.endswith(b"0\r\n\r\n")


def rate(port: int, seconds: float = SECONDS) -> float:
    """Return how many requests a second are answered, over connections made for this round."""
    with selectors.DefaultSelector() as ready, ExitStack() as stack:
        for _ in range(CALLERS):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(_REQUEST)
            ready.register(connection, selectors.EVENT_READ, bytearray())
        answered, began = 0, time.perf_counter()
        while time.perf_counter() - began < seconds:
            for key, _ in ready.select(1):
                connection, answer = key.fileobj, key.data
                received = connection.recv(65536)
                if not received:
                    raise SystemExit("a connection was closed")
                answer += received
                if is_whole(answer):
                    answer.clear()
                    answered += 1
                    connection.sendall(_REQUEST)
        return answered / (time.perf_counter() - began)


def measure(rounds: int) -> Rates:
    """Compare the contestants whose packages are installed, and print a table."""
    names = [name for name in SERVERS if find_spec("fastapi") or not name.startswith("FastAPI")]
    rates: dict[str, list[float]] = {name: [] for name in names}
    with ExitStack() as servers:
        ports = {name: servers.enter_context(server(name)) for name in names}
        for _ in range(rounds):
            for name, port in ports.items():
                rates[name].append(rate(port))
    found = {}
    for name, own in rates.items():
        ratios = [one / first for one, first in zip(own, rates[names[0]], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        found[name] = (statistics.median(own), low, middle, high)
    print(table(found))
    return found


def table(rates: Rates) -> str:
    """The figures as a table of Markdown."""
    lines = [f"| | requests/s | / {next(iter(rates))} | quartiles |", "|---|---:|---:|---:|"]
    lines += [
        f"| {name} | {own:,.0f} | {middle:.2f} | {low:.2f}–{high:.2f} |"
        for name, (own, low, middle, high) in rates.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
