"""A way to a broker on which answers are late or withheld, or which breaks while something goes."""

import select
import socket
import threading
import time
from contextlib import suppress
from urllib.parse import urlsplit


class BrokenWay:
    """Forwards connections, and does to them what its attributes say; a context."""

    def __init__(self, url):
        self._parts = urlsplit(url)
        self.answer_delay_seconds = 0
        self.is_silent = False
        # How many bytes more go towards the broker before every connection breaks.
        self.bytes_left = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ended = threading.Event()

    @property
    def url(self):
        port = self._listener.getsockname()[1]
        login, _, _ = self._parts.netloc.rpartition("@")
        return self._parts._replace(netloc=f"{login}@127.0.0.1:{port}").geturl()

    def mend(self):
        self.answer_delay_seconds, self.is_silent, self.bytes_left = 0, False, None

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=[client], daemon=True).start()

    def _forward(self, client):
        server = socket.create_connection((self._parts.hostname, self._parts.port))
        with client, server, suppress(OSError):
            while not self._ended.is_set() and self._may_go_on():
                ready, _, _ = select.select([client, server], [], [], 0.05)
                if client in ready and not self._pass_on(client, server):
                    return
                if server in ready and not self._answer(server, client):
                    return

    def _may_go_on(self):
        return self.bytes_left is None or self.bytes_left > 0

    def _pass_on(self, client, server):
        data = client.recv(4096)
        if self.bytes_left is not None:
            data = data[: self.bytes_left]
            self.bytes_left -= len(data)
        server.sendall(data)
        return bool(data)

    def _answer(self, server, client):
        if self.is_silent:
            time.sleep(0.05)
            return True
        data = server.recv(4096)
        time.sleep(self.answer_delay_seconds)
        client.sendall(data)
        return bool(data)
