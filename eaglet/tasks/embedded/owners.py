"""Who holds messages in flight, and what becomes of them when a holder dies.

An owner is one channel of one process. It keeps `owners/<name>` locked while it lives, and that
file lists, a JSON object to a line, the transient queues that are to go when it does:
`{"queue": …, "consumed": true}`. Whoever gets the lock of another owner's file knows that it is
dead, gives its messages back, and deletes the file last, so that being interrupted is no harm.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import secrets
from contextlib import suppress

from eaglet.tasks.embedded.exchanges import ExchangeFiles
from eaglet.tasks.embedded.file_lock import FileLock
from eaglet.tasks.embedded.folder import QueueFolder
from eaglet.tasks.embedded.names import file_name
from eaglet.tasks.embedded.private_folder import QueueFolderError, names_in

logger = logging.getLogger("eaglet.tasks")


class Owner:
    """The right to take messages, until `release`, or the end of the process.

    Raises OSError when the folder can't be written to.
    """

    def __init__(self, folder: QueueFolder, exchanges: ExchangeFiles) -> None:
        self.name = f"{os.getpid()}-{secrets.token_hex(8)}"
        self._folder = folder
        self._exchanges = exchanges
        self._holders: dict[str, str] = {}
        self._claims: dict[str, bool] = {}
        folder.make_layout()
        lock = FileLock.acquire(os.path.join(folder.tmp, self.name), create=True)
        if lock is None:
            raise QueueFolderError(errno.EAGAIN, f"{folder.tmp}/{self.name} was taken away")
        self._lock = lock
        # Others see it only now that it is locked, and so never take it for a dead one's.
        lock.move(os.path.join(folder.owners, self.name))

    @property
    def is_held(self) -> bool:
        """Whether it is this process's, and not released: a child does not inherit it."""
        return self._lock.is_held

    def check(self) -> None:
        """Raise QueueFolderError when the lock's file has gone: others think this owner dead."""
        if not self._lock.is_in_place():
            raise QueueFolderError(
                errno.ENOENT, f"{self._folder.owners}/{self.name} has gone, or its folder has"
            )

    def holder(self, queue: str) -> str:
        """The folder for the queue's messages in flight with this owner."""
        holder = self._holders.get(queue)
        if holder is None:
            holder = os.path.join(self._folder.inflight, self.name, file_name(queue))
            for folder in (os.path.dirname(holder), holder):
                with suppress(FileExistsError):
                    os.mkdir(folder, 0o700)
            self._holders[queue] = holder
        return holder

    def claim(self, queue: str, *, consumed: bool) -> None:
        """Note that a transient queue is to go with this owner, unless another has it too.

        One that was declared, and not consumed from, is kept while it holds the only copies of
        messages.
        """
        if self._claims.get(queue, False) < consumed or queue not in self._claims:
            line = json.dumps({"queue": queue, "consumed": consumed}) + "\n"
            # Not while somebody decides whether the queue is nobody's.
            with self._exchanges.locked():
                self._lock.append(line.encode())
            self._claims[queue] = consumed

    def release(self) -> None:
        """Give back what is in flight, remove the queues that go, and cease to be.

        What can't be done for an error of the folder is left to whoever finds this owner dead.
        """
        if not self._lock.is_held:
            return
        try:
            if self._lock.is_in_place():
                _lay_to_rest(self._folder, self._exchanges, self.name, self._claims)
        except OSError as error:
            logger.warning("Could not give back what was in flight: %s", error)
        finally:
            self._lock.release()


def sweep(folder: QueueFolder, exchanges: ExchangeFiles) -> None:
    """Give back what dead owners held, and remove the queues that were to go with them.

    Several may do so at once, and any of them may be killed in the middle. An error with one
    owner is logged, and keeps nothing from the others.
    """
    # In this order: an owner's file is there before its folder, and deleted after it.
    holding = names_in(folder.inflight)
    owners = names_in(folder.owners)
    for name in owners:
        _sweep_owner(folder, exchanges, name)
    for name in set(holding).difference(owners):
        _lay_to_rest_safely(folder, exchanges, name, {})


def _sweep_owner(folder: QueueFolder, exchanges: ExchangeFiles, name: str) -> None:
    path = os.path.join(folder.owners, name)
    try:
        lock = FileLock.acquire(path)
    except OSError as error:
        if not isinstance(error, FileNotFoundError):
            logger.warning("Could not see whether the owner %s is alive: %s", path, error)
        return
    if lock is not None:
        try:
            _lay_to_rest_safely(folder, exchanges, name, _read_claims(path))
        finally:
            lock.release()


def _lay_to_rest_safely(
    folder: QueueFolder, exchanges: ExchangeFiles, name: str, claims: dict[str, bool]
) -> None:
    try:
        count = _lay_to_rest(folder, exchanges, name, claims)
    except OSError as error:
        logger.warning("Could not take back what the dead owner %s held: %s", name, error)
    else:
        if count:
            logger.info("Gave back %d messages of the dead owner %s", count, name)


def _lay_to_rest(
    folder: QueueFolder, exchanges: ExchangeFiles, name: str, claims: dict[str, bool]
) -> int:
    count = folder.give_back_all(os.path.join(folder.inflight, name))
    if claims:
        with exchanges.locked():
            _remove_transient_queues(folder, exchanges, name, claims)
    with suppress(FileNotFoundError):
        os.unlink(os.path.join(folder.owners, name))
    return count


def _remove_transient_queues(
    folder: QueueFolder, exchanges: ExchangeFiles, name: str, claims: dict[str, bool]
) -> None:
    kept = set()
    for other in names_in(folder.owners):
        if other != name:
            path = os.path.join(folder.owners, other)
            shared = claims.keys() & _read_claims(path).keys()
            if shared and _is_alive(path):
                kept |= shared
    copied = {
        binding.queue
        for exchange in exchanges.all()
        if exchange.type == "fanout"
        for binding in exchange.bindings
    }
    for queue, consumed in claims.items():
        may_go = consumed or queue in copied or not folder.size(queue)
        if queue not in kept and may_go:
            # First nothing leads to it any more, and then it goes: see `QueueFolder.put`.
            exchanges.forget_queue(queue)
            folder.remove_queue(queue)


def _is_alive(path: str) -> bool:
    try:
        lock = FileLock.acquire(path)
    except FileNotFoundError:
        return False
    if lock is None:
        return True
    lock.release()
    return False


def _read_claims(path: str) -> dict[str, bool]:
    claims: dict[str, bool] = {}
    try:
        with open(path, "rb") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return claims
    for line in lines:
        # The last one may have been cut off with its writer.
        with suppress(ValueError, LookupError, TypeError):
            claim = json.loads(line)
            claims[str(claim["queue"])] = bool(claim["consumed"]) or claims.get(
                str(claim["queue"]), False
            )
    return claims
