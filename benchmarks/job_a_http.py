"""Job A over HTTP: gunicorn with one worker each, a connection that is kept, wall time a call.

python -m benchmarks.job_a_http [ROUNDS]
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

from benchmarks.job_a import QUERY, there_are
from benchmarks.rounds import Figures, compare

CALLS_A_ROUND = 40
KEEP_ALIVE_SECONDS = "600"


@contextmanager
def server(contestant: str) -> Iterator[int]:
    """Run gunicorn for one contestant; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # As servers set it on sockets of their own. Without it an answer in several pieces, as one
        # is that does not tell its length, waits 40 ms for the caller's delayed ACK.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        command = [
            sys.executable, "-m", "gunicorn", "--bind", f"fd://{listening.fileno()}",
            "--workers", "1", "--worker-class", "gthread", "--threads", "1",
            "--keep-alive", KEEP_ALIVE_SECONDS, "--log-level", "warning",
            "benchmarks.job_a_wsgi",
        ]  # fmt: skip
        process = subprocess.Popen(
            command,
            env={**os.environ, "BENCHMARK_CONTESTANT": contestant},
            pass_fds=[listening.fileno()],
        )
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


def prepare(contestant: str, ports: dict[str, int]) -> Callable[[], bytes]:
    """Connect to one contestant's server, and give back what makes one call."""
    connection = HTTPConnection("127.0.0.1", ports[contestant], timeout=60)

    def call() -> bytes:
        connection.request("GET", f"/job/a/?{QUERY}")
        return connection.getresponse().read()

    return call


def measure(rounds: int) -> Figures:
    """Compare the contestants."""
    names = [name for name in there_are() if not name.endswith("00 resources")]
    with ExitStack() as servers:
        ports = {name: servers.enter_context(server(name)) for name in names}
        return compare(prepare, names, ports, rounds=rounds, repeats=CALLS_A_ROUND, by="wall")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
