"""Stand-ins for a cache that processes share, as a project would name one in CACHES."""

import time

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache


class SharedCache(BaseCache):
    """Entries in this process that count as shared: no subclass of LocMemCache."""

    entries = {}
    broken = False
    asked = 0

    def __init__(self, location, params):
        super().__init__(params)

    def _check(self):
        type(self).asked += 1
        if type(self).broken:
            raise ConnectionError("redis://:passw0rd@cache.example is down")

    def _live(self, key):
        value, until = self.entries.get(key, (None, 0))
        return value if time.time() < until else None

    def get(self, key, default=None, version=None):
        self._check()
        value = self._live(key)
        return default if value is None else value

    def get_many(self, keys, version=None):
        self._check()
        return {key: self._live(key) for key in keys if self._live(key) is not None}

    def add(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        self._check()
        if self._live(key) is not None:
            return False
        self.entries[key] = value, time.time() + timeout
        return True

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        self._check()
        self.entries[key] = value, time.time() + timeout

    def delete(self, key, version=None):
        return self.entries.pop(key, None) is not None

    def touch(self, key, timeout=DEFAULT_TIMEOUT, version=None):
        self._check()
        value = self._live(key)
        if value is None:
            return False
        self.entries[key] = value, time.time() + timeout
        return True
