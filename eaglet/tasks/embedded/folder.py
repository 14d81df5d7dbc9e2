"""The embedded broker's folder: the files that are messages, and how they move.

    queues/<queue>/<message>                 ready; names sort by the time of sending
    inflight/<owner>/<queue>/<message>       taken by that owner, not acknowledged yet
    owners/<owner>                           locked by the owner for as long as it lives
    exchanges/<exchange>.json                which queues an exchange leads to
    damaged/<time>-<queue>-<message>         what could not be read
    tmp/<message>                            being written

A message comes into being, and moves, by `rename` alone: at every moment it is whole and in one
place. Nothing here knows kombu. The folder belongs on a local file system.
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from eaglet.tasks.embedded.listing import ReadyListing
from eaglet.tasks.embedded.names import file_name
from eaglet.tasks.embedded.private_folder import (
    QueueFolderError,
    check_private,
    failure,
    gone,
    make_private,
    names_in,
)

logger = logging.getLogger("eaglet.tasks")

_LAYOUT: Final = ("queues", "inflight", "owners", "exchanges", "damaged", "tmp")
_REDELIVERED: Final = ".again"
_STALE_SECONDS: Final = 600
_LONGEST_NAME: Final = 240

_process_token = secrets.token_hex(4)
_counter = itertools.count()
# A folder that went away may come back with messages in it. Were it made anew meanwhile, it
# could not, so a process makes each but once.
_seen: set[str] = set()


def _renew_token() -> None:
    global _process_token  # noqa: PLW0603
    _process_token = secrets.token_hex(4)


os.register_at_fork(after_in_child=_renew_token)


@dataclass(frozen=True)
class Taken:
    """A message in flight: `path` is its file, in the folder of whoever took it."""

    queue: str
    name: str
    path: str

    @property
    def redelivered(self) -> bool:
        """Whether it had been taken before, and was given back."""
        return self.name.endswith(_REDELIVERED)


class QueueFolder:
    """The queues in one folder. Every method raises OSError when the folder fails it.

    Args:
        path: the folder; `~` is expanded.
        fsync: force every message to the disk before publishing returns, which guards against
            a power cut, and is many times slower. A crash of processes needs no such guard.
    """

    def __init__(self, path: str | os.PathLike[str], *, fsync: bool = False) -> None:
        self.path = os.path.abspath(os.path.expanduser(os.fspath(path)))
        self.inflight, self.owners, self.exchanges, self.damaged, self.tmp = (
            os.path.join(self.path, name) for name in _LAYOUT[1:]
        )
        self._queues = os.path.join(self.path, _LAYOUT[0])
        self._fsync = fsync
        self._listings: dict[str, ReadyListing] = {}

    def open(self) -> None:
        """Make sure that the folder is there, is private, and can be written to.

        A missing one is made, unless this process has used it before: then it was moved or
        deleted, and may come back. Raises QueueFolderError.
        """
        try:
            if self.path not in _seen:
                make_private(self.path)
            check_private(self.path, _LAYOUT)
            self.make_layout()
            self._write(os.path.join(self.tmp, new_name()), b"\n", keep=False)
        except QueueFolderError:
            raise
        except OSError as error:
            raise failure(self.path, "use", error) from error
        _seen.add(self.path)

    def make_layout(self) -> None:
        """Make what is missing inside the folder. Raises QueueFolderError when it is gone."""
        for name in _LAYOUT:
            try:
                os.mkdir(os.path.join(self.path, name), 0o700)
            except FileExistsError:
                continue
            except FileNotFoundError as error:
                raise gone(self.path) from error

    def put(self, queue: str, message: bytes, *, make_queue: bool = True) -> bool:
        """Add a message to the end of the queue; whole, or not at all.

        Returns False, having added nothing, when there is no such queue and `make_queue` is off.
        """
        name = new_name()
        temporary = os.path.join(self.tmp, name)
        try:
            try:
                self._write(temporary, message)
            except FileNotFoundError:
                self.make_layout()
                self._write(temporary, message)
            try:
                return self._move_in(queue, temporary, name, make_queue)
            except OSError:
                with suppress(OSError):
                    os.unlink(temporary)
                raise
        except QueueFolderError:
            raise
        except OSError as error:
            raise failure(self.path, "write into", error) from error

    def take(self, queue: str, holder: str) -> Taken | None:
        """Move the queue's first message into the folder `holder`; None when there is none.

        Of several who try, one gets it.
        """
        folder = self.queue_path(queue)
        listing = self._listings.get(queue)
        if listing is None:
            listing = self._listings[queue] = ReadyListing(folder)
        while (name := self._first(listing)) is not None:
            path = os.path.join(holder, name)
            try:
                os.rename(os.path.join(folder, name), path)
            except FileNotFoundError:
                if not os.path.isdir(holder):
                    raise QueueFolderError(
                        errno.ENOENT, f"{holder} has gone, and what was in flight there"
                    ) from None
                continue
            return Taken(queue, name, path)
        return None

    def read(self, taken: Taken) -> bytes:
        """The message's content. Raises ValueError when its file is none to be read from."""
        try:
            # A pipe somebody left there must not keep the reader waiting.
            fd = os.open(taken.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with open(fd, "rb") as file:
                return file.read()
        except OSError as error:
            if error.errno in (errno.EISDIR, errno.EACCES, errno.ELOOP, errno.ENXIO):
                raise ValueError(f"it can't be read: {error.strerror}") from error
            raise

    def finish(self, taken: Taken) -> None:
        """Delete a message that was dealt with."""
        try:
            os.unlink(taken.path)
        except FileNotFoundError:
            self._check_holder(taken)

    def give_back(self, taken: Taken) -> None:
        """Put a message back to the front of its queue, marked as redelivered."""
        name = _returned_name(taken.name)
        if self._restore(taken.path, self.queue_path(taken.queue), name):
            listing = self._listings.get(taken.queue)
            if listing is not None:
                listing.put_first(name)
        else:
            self._check_holder(taken)

    def give_back_all(self, holder: str) -> int:
        """Put back all that is below an owner's in-flight folder, and remove it.

        Returns how many messages that were. May be interrupted, and done again, at any point.
        """
        count = 0
        for quoted in names_in(holder):
            folder = os.path.join(holder, quoted)
            for name in names_in(folder):
                target = os.path.join(self._queues, quoted)
                path = os.path.join(folder, name)
                count += self._restore(path, target, _returned_name(name))
            with suppress(FileNotFoundError):
                os.rmdir(folder)
        with suppress(FileNotFoundError):
            os.rmdir(holder)
        return count

    def set_aside(self, taken: Taken, reason: object) -> None:
        """Move a message that can't be understood to `damaged`, and say so in the log."""
        name = f"{new_name()}-{file_name(taken.queue)[:80]}-{taken.name}"
        path = os.path.join(self.damaged, os.fsdecode(os.fsencode(name)[:_LONGEST_NAME]))
        os.rename(taken.path, path)
        logger.error(
            "A damaged message of the queue %s was set aside as %s: %s", taken.queue, path, reason
        )

    def has_queue(self, queue: str) -> bool:
        """Whether the queue was declared, or ever published to, and not deleted since."""
        return os.path.isdir(self.queue_path(queue))

    def make_queue(self, queue: str) -> None:
        """Make the queue, if it is not there."""
        try:
            self._make_queue_folder(self.queue_path(queue))
        except QueueFolderError:
            raise
        except OSError as error:
            raise failure(self.path, "write into", error) from error

    def size(self, queue: str) -> int:
        """How many messages are ready; those in flight are not among them."""
        return len(names_in(self.queue_path(queue)))

    def purge(self, queue: str) -> int:
        """Delete the messages that are ready; returns how many those were."""
        folder = self.queue_path(queue)
        count = 0
        for name in names_in(folder):
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(folder, name))
                count += 1
        return count

    def remove_queue(self, queue: str) -> None:
        """Delete the queue, and its messages that are ready."""
        folder = self.queue_path(queue)
        with suppress(FileNotFoundError):
            while True:
                for name in os.listdir(folder):
                    with suppress(FileNotFoundError):
                        os.unlink(os.path.join(folder, name))
                try:
                    os.rmdir(folder)
                except OSError as error:
                    # Published to just now.
                    if error.errno != errno.ENOTEMPTY:
                        raise
                else:
                    break
        self._listings.pop(queue, None)

    def remove_stale_files(self) -> None:
        """Delete what publishers who died were writing."""
        before = time.time() - _STALE_SECONDS
        with suppress(FileNotFoundError), os.scandir(self.tmp) as entries:
            for entry in entries:
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < before:
                        os.unlink(entry.path)

    def replace_file(self, path: str, content: bytes) -> None:
        """Replace a file as a whole. No two versions of it have the same time of change."""
        temporary = os.path.join(self.tmp, new_name())
        self._write(temporary, content)
        now = time.time_ns()
        with suppress(FileNotFoundError):
            now = max(now, os.stat(path).st_mtime_ns + 1)
        os.utime(temporary, ns=(now, now))
        os.rename(temporary, path)

    def queue_path(self, queue: str) -> str:
        """The folder with the messages of the queue that are ready."""
        return os.path.join(self._queues, file_name(queue))

    def _first(self, listing: ReadyListing) -> str | None:
        name = listing.take_first()
        if name is None and not os.path.isdir(self._queues):
            self.make_layout()
        return name

    def _move_in(self, queue: str, temporary: str, name: str, make_queue: bool) -> bool:
        folder = self.queue_path(queue)
        target = os.path.join(folder, name)
        try:
            os.rename(temporary, target)
        except FileNotFoundError:
            if not os.path.exists(self._queues):
                self.make_layout()
            if not make_queue and os.path.exists(temporary) and not os.path.exists(folder):
                os.unlink(temporary)
                return False
            self._make_queue_folder(folder)
            os.rename(temporary, target)
        if self._fsync:
            _sync_folder(folder)
        return True

    def _restore(self, path: str, folder: str, name: str) -> bool:
        """Rename a file in flight into its queue; False when it is not there any more."""
        target = os.path.join(folder, name)
        try:
            os.rename(path, target)
        except FileNotFoundError:
            if not os.path.lexists(path):
                return False
            self._make_queue_folder(folder)
            with suppress(FileNotFoundError):
                os.rename(path, target)
                return True
            return False
        return True

    def _make_queue_folder(self, folder: str) -> None:
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            return
        except FileNotFoundError:
            self.make_layout()
            os.mkdir(folder, 0o700)
        if self._fsync:
            _sync_folder(self._queues)

    def _write(self, path: str, content: bytes, *, keep: bool = True) -> None:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            try:
                view = memoryview(content)
                while view:
                    view = view[os.write(fd, view) :]
                if self._fsync and keep:
                    os.fsync(fd)
            finally:
                os.close(fd)
        except OSError:
            os.unlink(path)
            raise
        if not keep:
            os.unlink(path)

    def _check_holder(self, taken: Taken) -> None:
        """A message may have gone from its place; that the place has gone is another matter."""
        if not os.path.isdir(os.path.dirname(taken.path)):
            raise gone(self.path)


def new_name() -> str:
    """A name for a file that no other gets, and that sorts after those given out before."""
    return f"{time.time_ns():020d}-{_process_token}-{next(_counter):08x}"


def _returned_name(name: str) -> str:
    # A name that somebody else made up may have no room for the mark.
    if name.endswith(_REDELIVERED) or len(os.fsencode(name)) > _LONGEST_NAME:
        return name
    return name + _REDELIVERED


def _sync_folder(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
