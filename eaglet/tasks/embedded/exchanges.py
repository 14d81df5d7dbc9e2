"""Which queues an exchange leads to, in files that every process of the embedded broker reads.

`exchanges/<exchange>.json` is `{"name": …, "type": …, "bindings": [[routing key, pattern,
queue], …]}`. Readers never wait: a file is replaced as a whole. Writers hold `exchanges/.lock`.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from eaglet.tasks.embedded.file_lock import FileLock
from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.names import file_name
from eaglet.tasks.embedded.private_folder import QueueFolderError

logger = logging.getLogger("eaglet.tasks")

_LOCK_WAIT_SECONDS: Final = 5.0
_SUFFIX: Final = ".json"


class Binding(NamedTuple):
    """What leads from an exchange to a queue; `pattern` is a topic's, as a regular expression."""

    routing_key: str
    pattern: str | None
    queue: str


@dataclass(frozen=True)
class Exchange:
    """An exchange; `type` is direct, topic or fanout."""

    name: str
    type: str
    bindings: tuple[Binding, ...] = ()


class ExchangeFiles:
    """The exchanges of one queue folder. Every method raises OSError when the folder fails it."""

    def __init__(self, folder: QueueFolder) -> None:
        self._folder = folder
        self._known: dict[str, tuple[int, Exchange]] = {}

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process, and thread, from changing any exchange."""
        path = os.path.join(self._folder.exchanges, ".lock")
        give_up_at = time.monotonic() + _LOCK_WAIT_SECONDS
        while (lock := self._lock(path)) is None:
            if time.monotonic() > give_up_at:
                raise QueueFolderError(
                    errno.EAGAIN,
                    f"{path} has been locked for {_LOCK_WAIT_SECONDS:g} seconds: "
                    "is the process that holds it stopped?",
                )
            time.sleep(0.002)
        try:
            yield
        finally:
            lock.release()

    def get(self, name: str) -> Exchange | None:
        """The exchange as it is now; None when it was not declared."""
        path = self._path(name)
        try:
            # Writers see to it that no two versions of a file have the same time.
            changed = os.stat(path).st_mtime_ns
        except FileNotFoundError:
            return None
        known = self._known.get(name)
        if known is not None and known[0] == changed:
            return known[1]
        exchange = self._read(path)
        if exchange is not None:
            self._known[name] = (changed, exchange)
        return exchange

    def all(self) -> list[Exchange]:
        """Every exchange that was declared."""
        with suppress(FileNotFoundError):
            paths = [entry.path for entry in os.scandir(self._folder.exchanges)]
            found = (self._read(path) for path in paths if path.endswith(_SUFFIX))
            return [exchange for exchange in found if exchange is not None]
        return []

    def declare(self, name: str, exchange_type: str) -> Exchange:
        """Make the exchange if it is not there; returns what is, be it of another type."""
        found = self.get(name)
        if found is not None:
            return found
        with self.locked():
            found = self.get(name)
            if found is None:
                found = Exchange(name, exchange_type)
                self._write(found)
            return found

    def bind(self, name: str, exchange_type: str, binding: Binding) -> None:
        """Lead the exchange to a queue; makes the exchange if it is not there."""
        found = self.get(name)
        if found is not None and binding in found.bindings:
            return
        with self.locked():
            found = self.get(name) or Exchange(name, exchange_type)
            if binding not in found.bindings:
                self._write(replace(found, bindings=(*found.bindings, binding)))

    def unbind(self, name: str, binding: Binding) -> None:
        """Take a binding away, if it is there."""
        with self.locked():
            found = self.get(name)
            if found is not None and binding in found.bindings:
                self._write(
                    replace(found, bindings=tuple(b for b in found.bindings if b != binding))
                )

    def forget_queue(self, queue: str) -> None:
        """Take away every binding to a queue. Call it with the exchanges locked."""
        for exchange in self.all():
            left = tuple(binding for binding in exchange.bindings if binding.queue != queue)
            if left != exchange.bindings:
                self._write(replace(exchange, bindings=left))

    def delete(self, name: str) -> None:
        """Delete an exchange, with its bindings and without their queues."""
        with self.locked(), suppress(FileNotFoundError):
            os.unlink(self._path(name))

    def _lock(self, path: str) -> FileLock | None:
        try:
            return FileLock.acquire(path, create=True)
        except FileNotFoundError:
            self._folder.make_layout()
            return FileLock.acquire(path, create=True)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder.exchanges, file_name(name) + _SUFFIX)

    def _read(self, path: str) -> Exchange | None:
        try:
            with open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError:
            return None
        try:
            value = json.loads(content)
            bindings = tuple(Binding(*binding) for binding in value["bindings"])
            return Exchange(str(value["name"]), str(value["type"]), bindings)
        except (ValueError, LookupError, TypeError) as error:
            # Whoever declares it next will replace the file.
            logger.error("The exchange in %s is damaged, and taken for missing: %s", path, error)
            return None

    def _write(self, exchange: Exchange) -> None:
        path = self._path(exchange.name)
        content = {
            "name": exchange.name,
            "type": exchange.type,
            "bindings": exchange.bindings,
        }
        self._folder.replace_file(path, json.dumps(content).encode())
