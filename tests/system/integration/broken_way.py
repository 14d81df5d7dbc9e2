"""A way to a broker on which answers are late or withheld, or which breaks while something goes."""

import threading
import time
from urllib.parse import urlsplit

from demo.forwarder import Forwarder


class BrokenWay(Forwarder):
    """Forwards connections, and does to them what its attributes say; a context."""

    def __init__(self, url):
        self._parts = urlsplit(url)
        super().__init__(self._parts.hostname, self._parts.port)
        self.answer_delay_seconds = 0
        # How many bytes more go towards the broker before every connection breaks.
        self.bytes_left = None
        self._speaks = threading.Event()
        self._speaks.set()

    @property
    def url(self):
        login, _, _ = self._parts.netloc.rpartition("@")
        return self._parts._replace(netloc=f"{login}@127.0.0.1:{self.port}").geturl()

    def be_silent(self):
        self._speaks.clear()

    def mend(self):
        self.answer_delay_seconds, self.bytes_left = 0, None
        self._speaks.set()
        self.restore()

    def pass_on(self, data, target, to_server):
        if not to_server:
            self._speaks.wait()
            time.sleep(self.answer_delay_seconds)
        elif self.bytes_left is not None:
            data = data[: self.bytes_left]
            self.bytes_left -= len(data)
        super().pass_on(data, target, to_server)
        if self.bytes_left == 0:
            self.cut()
