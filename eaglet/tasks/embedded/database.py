"""The embedded broker's SQLite file: its tables, who holds messages in it, and what can go wrong.

A message is taken by an UPDATE that names its owner, and acknowledged by a DELETE. An owner is a
channel; its life is a lock on one byte of a file beside the database, which ends with its process,
however that ends. Whoever gets that lock then frees what the owner held, in its old place.

What is committed outlives any process. A power cut may cost the commits since SQLite last
synchronized the file; with `fsync` each commit waits for the disk, many times as long.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from eaglet.tasks.embedded.folder import EmbeddedBrokerError, prepare_folder

_BUSY_SECONDS: Final = 5.0
_SWEEP_SECONDS: Final = 1.0
_APPLICATION_ID: Final = 0x6561676C
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE owner (id INTEGER PRIMARY KEY AUTOINCREMENT, takes INTEGER NOT NULL);
CREATE TABLE queue (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,
    transient INTEGER NOT NULL, owner INTEGER REFERENCES owner ON DELETE CASCADE);
CREATE TABLE binding (exchange TEXT NOT NULL, type TEXT NOT NULL, routing_key TEXT NOT NULL,
    pattern TEXT, queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
    UNIQUE (exchange, routing_key, queue));
CREATE TABLE message (id INTEGER PRIMARY KEY, queue INTEGER NOT NULL, owner INTEGER,
    rank INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX message_ready ON message (queue, rank) WHERE owner IS NULL;
CREATE TRIGGER messages_go AFTER DELETE ON queue BEGIN
    DELETE FROM message WHERE queue = old.id AND owner IS NULL;
    -- Those that are taken are in no index.
    DELETE FROM message WHERE NOT old.transient AND queue = old.id;
END;
PRAGMA application_id = {_APPLICATION_ID};
COMMIT;
"""
_ADVICE: Final = {
    "is full": "free some space",
    "locked": f"it was waited for {_BUSY_SECONDS:g} s; is a process that uses it stopped?",
    "not a database": "move it away, or set EAGLET_QUEUE_DIR to another folder",
    "malformed": "stop what uses it, and repair it (sqlite3 FILE .recover) or move it away",
    "needed": "use a Python that has it, or RabbitMQ or Redis (CELERY_BROKER_URL)",
    "": "see to its folder, its disk and its rights",
}

# One for all, so that no database is in use while the process forks.
_lock = threading.RLock()
_databases: dict[str, QueueDatabase] = {}


def database_in(folder: str) -> QueueDatabase:
    """Return this process's one access to the database in a folder.

    One, since closing any descriptor of a file lets go of all locks that the process has on it.
    """
    with _lock:
        return _databases.setdefault(os.path.realpath(folder), QueueDatabase(folder))


class QueueDatabase:
    """The database in one folder, for all threads of this process.

    Every method raises EmbeddedBrokerError when the database fails it. One that this process has
    used, and that has gone or was replaced, is not made anew: it may come back with messages.
    """

    def __init__(self, folder: str) -> None:
        self.fsync = False
        # Those of this process; a child does not inherit them.
        self.owners: set[int] = set()
        self.folder = folder
        self._path = os.path.join(folder, "queue.sqlite3")
        self._connection: sqlite3.Connection | None = None
        self._file: os.stat_result | None = None
        self._locks = -1
        self._sweep_at = 0.0

    def execute(self, statement: str, *values: Any) -> list[Any]:
        """Execute a statement, in the open transaction or one of its own; returns its rows."""
        with _lock:
            try:
                return self._open().execute(statement, values).fetchall()
            except EmbeddedBrokerError:
                raise
            except (sqlite3.Error, OSError) as error:
                advice = next(advice for part, advice in _ADVICE.items() if part in str(error))
                text = f"The queue database {self._path} can't be used ({error}): {advice}"
                raise EmbeddedBrokerError(text) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Have what is executed within be committed as a whole, or not at all."""
        with _lock:
            self.execute("BEGIN IMMEDIATE")
            try:
                yield
                self.execute("COMMIT")
            except BaseException:
                self._open().rollback()
                raise

    def version(self) -> object:
        """Return what differs from what it was if messages may have come, or room for them."""
        with _lock:
            self.check_file()
            [[changes_of_others]] = self.execute("PRAGMA data_version")
            connection = self._open()
            return changes_of_others, connection.total_changes, connection

    def check_file(self) -> None:
        """Raise EmbeddedBrokerError when the file has gone, or another is in its place."""
        found = None
        with suppress(OSError):
            found = os.stat(self._path)
        if self._file and not (found and os.path.samestat(found, self._file)):
            raise EmbeddedBrokerError(
                f"The queue database {self._path} has gone, or is not the one that it was, which "
                "may hold messages: put that back, or restart this process if it is lost"
            )

    def new_owner(self, takes: bool) -> int:
        """Return a new owner of this process, which takes messages or only has queues."""
        with self.transaction():
            [[owner]] = self.execute("INSERT INTO owner (takes) VALUES (?) RETURNING id", takes)
            # Before others can see it, and take it for a dead one's.
            self._lock_byte(owner)
            self.owners.add(owner)
            return int(owner)

    def release(self, *owners: int) -> None:
        """End owners. If the database fails, whoever sweeps next will."""
        with _lock:
            for owner in self.owners.intersection(owners):
                self.owners.discard(owner)
                fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, owner)
                self._sweep_at = 0.0
            self.sweep()

    def sweep(self) -> None:
        """End the owners that are dead, once a second at most."""
        with _lock:
            if time.monotonic() < self._sweep_at:
                return
            self._sweep_at = time.monotonic() + _SWEEP_SECONDS
            free = "UPDATE message SET owner = NULL WHERE owner = ?"
            for owner, takes in self.execute("SELECT id, takes FROM owner"):
                if owner not in self.owners and self._lock_byte(owner):
                    try:
                        with self.transaction():
                            if takes:
                                self.execute(free, owner)
                            self.execute("DELETE FROM owner WHERE id = ?", owner)
                    finally:
                        fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, owner)

    def _lock_byte(self, owner: int) -> bool:
        try:
            fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, owner)
        except (BlockingIOError, PermissionError):
            return False
        return True

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        self.check_file()
        if sqlite3.sqlite_version_info < (3, 35):
            raise sqlite3.Error(f"SQLite 3.35 is needed, and this is {sqlite3.sqlite_version}")
        if self._file is None:
            prepare_folder(self.folder)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        if self._locks < 0:
            self._locks = os.open(os.path.join(self.folder, "owners.lock"), flags, 0o600)
        # SQLite gives the files beside it the same mode.
        with suppress(FileExistsError):
            os.close(os.open(self._path, flags | os.O_EXCL, 0o600))
        found = os.lstat(self._path)
        if not stat.S_ISREG(found.st_mode):
            raise sqlite3.DatabaseError("it is a link or a folder, not a database")
        # SQLite does not wait for another that sets it up.
        fcntl.lockf(self._locks, fcntl.LOCK_EX, 1, 0)
        try:
            self._connection = _connect(self._path, self.fsync)
        finally:
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, 0)
        self._file = found
        return self._connection


def _connect(path: str, fsync: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, _BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        [[made_by]] = connection.execute("PRAGMA application_id")
        [[tables]] = connection.execute("SELECT count(*) FROM sqlite_master")
        if tables and made_by != _APPLICATION_ID:
            raise sqlite3.DatabaseError("it is not a database of this broker's")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA synchronous = {'FULL' if fsync else 'NORMAL'}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        if not tables:
            connection.executescript(_SCHEMA)
    except BaseException:
        connection.close()
        raise
    return connection


def _before_fork() -> None:
    _lock.acquire()
    for database in _databases.values():
        # With one of the parent's, in use or not, a child could not safely have its own.
        if database._connection is not None:
            database._connection.close()
            database._connection = None


def _in_child() -> None:
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()
    for database in _databases.values():
        if database._locks >= 0:
            os.close(database._locks)
        database._locks, database.owners = -1, set()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _lock.release(),  # noqa: PLW0108 - a child's is another
    after_in_child=_in_child,
)
