"""The service that job C calls: as little as there can be, so that the client's part shows.

A process of its own, one thread a connection, answers that stand ready.
"""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

DATA = {"id": 7, "name": "abc", "price": 1.5}
TOKEN = {"access_token": "egt_benchmark", "expires_in": 7200, "token_type": "Bearer"}


def _response(data: object) -> bytes:
    body = json.dumps({"code": 200, "data": data, "errMsg": "", "innerErrMsg": ""}).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return f"{head}\r\n\r\n".encode() + body


ANSWER, TOKEN_ANSWER = _response(DATA), _response(TOKEN)


def _answer_all(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    while True:
        head, separator, rest = received.partition(b"\r\n\r\n")
        if separator:
            length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0].strip()
            if len(rest) >= int(length or 0):
                is_token = b" /auth/access_token/" in head[:40]
                connection.sendall(TOKEN_ANSWER if is_token else ANSWER)
                received = rest[int(length or 0) :]
                continue
        piece = connection.recv(65536)
        if not piece:
            return
        received += piece


def main() -> None:
    listening = socket.socket(fileno=int(sys.argv[1]))
    while True:
        connection, _ = listening.accept()
        threading.Thread(target=_answer_all, args=(connection,), daemon=True).start()


@contextmanager
def server() -> Iterator[int]:
    """Run it; gives its port."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.job_c_server", str(listening.fileno())],
            pass_fds=[listening.fileno()],
        )
        try:
            yield listening.getsockname()[1]
        finally:
            process.terminate()
            process.wait(30)


if __name__ == "__main__":
    main()
