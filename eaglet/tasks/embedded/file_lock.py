"""Locks on files that last as long as their process, and that its children do not share.

They are flock's: the system lets go of one when its holder dies, however it dies. POSIX only.
"""

from __future__ import annotations

import fcntl
import os
import threading
from weakref import WeakSet

# Held while the files of locks are opened and closed, so that a fork never comes in between.
_registering = threading.RLock()
_open_locks: WeakSet[FileLock] = WeakSet()


class FileLock:
    """An exclusive lock that is held, until `release` or the end of the process."""

    def __init__(self, path: str, fd: int) -> None:
        self._path = path
        self._fd: int | None = fd
        _open_locks.add(self)

    @classmethod
    def acquire(cls, path: str, *, create: bool = False) -> FileLock | None:
        """Lock the file, at once or not at all: None when somebody else holds it.

        Raises OSError, in particular FileNotFoundError when there is none and `create` is off.
        """
        flags = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | (os.O_CREAT if create else 0)
        with _registering:
            lock = cls(path, os.open(path, flags, 0o600))
        try:
            if lock._flock() and lock.is_in_place():
                return lock
        except OSError:
            lock.release()
            raise
        lock.release()
        return None

    def __del__(self) -> None:
        self.release()

    @property
    def is_held(self) -> bool:
        """Whether this process holds it; a child that was forked from the holder does not."""
        return self._fd is not None

    def is_in_place(self) -> bool:
        """Whether the path still leads to the very file that is locked."""
        if self._fd is None:
            return False
        try:
            named = os.stat(self._path, follow_symlinks=False)
        except OSError:
            return False
        return os.path.samestat(named, os.fstat(self._fd))

    def move(self, path: str) -> None:
        """Rename the file; it stays locked all the while. Raises OSError."""
        os.rename(self._path, path)
        self._path = path

    def append(self, content: bytes) -> None:
        """Write at the file's end. Raises OSError."""
        if self._fd is not None:
            os.write(self._fd, content)

    def release(self) -> None:
        """Let go. Does nothing when it is not held."""
        with _registering:
            fd, self._fd = self._fd, None
            if fd is not None:
                try:
                    # A child that is just between fork and exec has a duplicate, so that
                    # closing alone would not do.
                    fcntl.flock(fd, fcntl.LOCK_UN)
                finally:
                    os.close(fd)

    def _flock(self) -> bool:
        if self._fd is None:
            return False
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _abandon(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            # Closed and not unlocked: unlocking would do so for the parent.
            os.close(fd)


def _abandon_all() -> None:
    global _registering  # noqa: PLW0603
    _registering = threading.RLock()
    for lock in list(_open_locks):
        lock._abandon()
    _open_locks.clear()


def _pause() -> None:
    _registering.acquire()


def _go_on() -> None:
    _registering.release()


os.register_at_fork(before=_pause, after_in_parent=_go_on, after_in_child=_abandon_all)
