"""Job C: one service calls another over loopback, on a connection that is kept; wall time a call.

python -m benchmarks.job_c [ROUNDS]

The call carries a bearer token and three parameters, and its answer is parsed. What eaglet does
besides is in its figure: it looks the token up, goes through retry budget and breaker, sends a
trace, keeps a deadline, checks the envelope, counts for Prometheus and writes a log record, which
a handler formats.
"""

import importlib.util
import json
import logging
import sys
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

from benchmarks.job_c_server import DATA, server
from benchmarks.rounds import Figures, compare
from benchmarks.services import set_up

CALLS_A_ROUND = 200
HEADERS = {"Authorization": "Bearer egt_benchmark"}
JSON_HEADERS = {**HEADERS, "Content-Type": "application/json"}
Call = Callable[[], Any]


def http_client(port: int, verb: str) -> Call:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)

    def get() -> Any:
        connection.request("GET", f"/job/c/?{urlencode(DATA)}", headers=HEADERS)
        return json.loads(connection.getresponse().read())

    def post() -> Any:
        connection.request("POST", "/job/c/", json.dumps(DATA), JSON_HEADERS)
        return json.loads(connection.getresponse().read())

    return get if verb == "get" else post


def urllib3_pool(port: int, verb: str) -> Call:
    import urllib3

    pool = urllib3.HTTPConnectionPool("127.0.0.1", port, timeout=30, retries=False)

    def get() -> Any:
        return json.loads(pool.request("GET", "/job/c/", fields=DATA, headers=HEADERS).data)

    def post() -> Any:
        body = json.dumps(DATA)
        return json.loads(pool.request("POST", "/job/c/", body=body, headers=JSON_HEADERS).data)

    return get if verb == "get" else post


def session(port: int, verb: str, *, trust_env: bool = True) -> Call:
    import requests

    session = requests.Session()
    session.trust_env = trust_env
    return _of_requests(session, port, verb)


def bare_session(port: int, verb: str) -> Call:
    return session(port, verb, trust_env=False)


def without_session(port: int, verb: str) -> Call:
    import requests

    return _of_requests(requests, port, verb)


def _of_requests(requests: Any, port: int, verb: str) -> Call:
    url = f"http://127.0.0.1:{port}/job/c/"
    if verb == "get":
        return lambda: requests.get(url, params=DATA, headers=HEADERS, timeout=30).json()
    return lambda: requests.post(url, json=DATA, headers=HEADERS, timeout=30).json()


def httpx_client(port: int, verb: str) -> Call:
    import httpx

    client = httpx.Client(trust_env=False, timeout=30)
    url = f"http://127.0.0.1:{port}/job/c/"
    if verb == "get":
        return lambda: client.get(url, params=DATA, headers=HEADERS).json()
    return lambda: client.post(url, json=DATA, headers=HEADERS).json()


def eaglet(port: int, verb: str) -> Call:
    set_up(
        "sqlite::memory:",
        ENABLE_API_AUTH=True,
        APP_KEY="benchmark",
        APP_SECRET="benchmark",
        EAGLET_SERVICES={"job": {"HOST": f"127.0.0.1:{port}"}},
        EAGLET_METRICS=True,
        LOGGING_CONFIG=None,
    )
    from eaglet.client import Resource
    from eaglet.tokens import register_shared_store

    register_shared_store(None)

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            self.format(record)

    logger = logging.getLogger("eaglet.client")
    logger.setLevel(logging.INFO)
    logger.addHandler(Handler())
    request = {"resource": "job.c", "data": DATA}
    return lambda: getattr(Resource.use("job"), verb)(request)


CONTESTANTS = {
    "http.client": http_client,
    "urllib3, pool": urllib3_pool,
    "requests, bare session": bare_session,
    "requests, session": session,
    "requests": without_session,
    "httpx": httpx_client,
    "eaglet": eaglet,
}


def prepare(contestant: str, port: int, verb: str) -> Call:
    """Set one up; gives back what makes one call."""
    return CONTESTANTS[contestant](port, verb)


def measure(rounds: int) -> dict[str, Figures]:
    """Compare the contestants: GET, and POST."""
    has_httpx = importlib.util.find_spec("httpx") is not None
    names = [name for name in CONTESTANTS if name != "httpx" or has_httpx]
    figures = {}
    for verb in ("get", "post"):
        with server() as port:
            figures[verb] = compare(
                prepare, names, port, verb, rounds=rounds, repeats=CALLS_A_ROUND, by="wall"
            )
    print(ratios_between(figures))
    return figures


def ratios_between(figures: dict[str, Figures]) -> str:
    """What eaglet takes beside the others, as a table of Markdown."""
    lines = ["| eaglet beside | GET, time waited | POST, time waited |", "|---|---:|---:|"]
    for name in figures["get"]:
        if name != "eaglet":
            get, post = (of["eaglet"].ratio / of[name].ratio for of in figures.values())
            lines.append(f"| {name} | {get:.3f} | {post:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
