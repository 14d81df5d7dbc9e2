"""A store that processes would share, for the threads of this one."""

import threading
import time

from eaglet.tokens import StoredToken


class MemoryTokenStore:
    def __init__(self):
        self._lock = threading.Lock()
        self.tokens, self.leases = {}, {}
        self.is_transaction_open = False
        self.used_by = set()

    def in_transaction(self):
        return self.is_transaction_open

    def get(self, key):
        self.used_by.add(threading.current_thread().name)
        token, ends_at = self.tokens.get(key, (None, 0))
        left = ends_at - time.monotonic()
        if token is None or left <= 0:
            return None
        return StoredToken(token.value, token.lifetime_seconds, left)

    def lease(self, key, holder, seconds, seen):
        assert not self.is_transaction_open
        self.used_by.add(threading.current_thread().name)
        with self._lock:
            kept = self.get(key)
            if (kept and kept.value) != (seen and seen.value):
                return False
            return self.leases.setdefault(key, holder) == holder

    def put(self, key, token, holder=""):
        self.used_by.add(threading.current_thread().name)
        with self._lock:
            if self.leases.get(key) == holder:
                del self.leases[key]
            self.tokens[key] = token, time.monotonic() + token.left_seconds

    def discard(self, key, value):
        if key in self.tokens and self.tokens[key][0].value == value:
            del self.tokens[key]
