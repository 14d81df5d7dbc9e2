"""The embedded broker's SQLite file: its folder, its tables, and who holds messages in it.

A message is taken by an UPDATE that names its owner, and acknowledged by a DELETE. An owner is a
channel; its life is a lock on one byte of a file beside the database, which ends with its process,
however that ends. Whoever gets that lock then deletes the owner, which frees what it held, in its
old place, and ends its transient queues.

What is committed outlives any process. A power cut may cost what was committed since SQLite last
synchronized the file.
"""

import fcntl
import os
import secrets
import sqlite3
import stat
import threading
import time
from contextlib import suppress
from typing import Any, Final

_BUSY_SECONDS: Final = 5.0
_APPLICATION_ID: Final = 0x6561676C
_SETTINGS: Final = "PRAGMA foreign_keys=ON; PRAGMA synchronous=NORMAL; PRAGMA journal_mode=WAL;"
_SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE owner (id INTEGER PRIMARY KEY);
CREATE TABLE queue (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, transient INTEGER NOT NULL,
    owner INTEGER REFERENCES owner ON DELETE CASCADE);
CREATE TABLE binding (exchange TEXT NOT NULL, type TEXT NOT NULL, routing_key TEXT NOT NULL,
    pattern TEXT, queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
    UNIQUE (exchange, routing_key, queue));
-- No id is used twice, or an acknowledgement that comes late could be that of another message.
CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL REFERENCES queue ON DELETE CASCADE,
    owner INTEGER REFERENCES owner ON DELETE SET NULL,
    rank INTEGER NOT NULL, taken INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL);
CREATE INDEX message_ready ON message (queue, owner, rank);
CREATE INDEX message_owner ON message (owner) WHERE owner IS NOT NULL;
PRAGMA application_id = {_APPLICATION_ID};
COMMIT;
"""
_ADVICE: Final = {
    "has gone": "put that back, or restart this process if it is lost",
    "is full": "free some space",
    "locked": f"it was waited for {_BUSY_SECONDS:g} s; is a process that uses it stopped?",
    "not a database": "move it away",
    "malformed": "stop what uses it, and repair it (sqlite3 FILE .recover) or move it away",
    "needed": "use a Python that has it, or RabbitMQ or Redis (CELERY_BROKER_URL)",
    "open to others": "chmod 700 the folder",
    "before 0.2": "have a worker of that version take them, or move the folder away",
    "": "see to its folder, its disk and its rights",
}
_NETWORK: Final = ("9p", "afs", "ceph", "cifs", "fuse.sshfs", "lustre", "nfs", "nfs4", "smb3")

# One for all, so that no database is in use while the process forks.
_lock = threading.RLock()
_databases: "dict[str, QueueDatabase]" = {}


def database_in(folder: str) -> "QueueDatabase":
    """Return this process's one access to the database in a folder."""
    # One, since closing any descriptor of a file ends all locks that the process has on it.
    with _lock:
        return _databases.setdefault(os.path.realpath(folder), QueueDatabase(folder))


class QueueDatabase:
    """The database in one folder, for all threads of this process.

    Every method raises an OSError that says what to do when the database fails it. One that this
    process has used, and that has gone or was replaced, is not made anew: it may come back.
    """

    def __init__(self, folder: str) -> None:
        # Those of this process; a child does not inherit them.
        self.owners: set[int] = set()
        self.folder = folder
        self._path = os.path.join(folder, "queue.sqlite3")
        self._connection: sqlite3.Connection | None = None
        # What is there from the start is not made anew if it goes before it is first used.
        self._file = self._found()
        self._locks = -1
        self._sweep_at = 0.0

    def execute(self, statement: str, *values: Any) -> list[Any]:
        """Execute a statement in a transaction of its own; return its rows."""
        with _lock:
            try:
                return self._open().execute(statement, values).fetchall()
            except (sqlite3.Error, OSError) as error:
                advice = next(advice for part, advice in _ADVICE.items() if part in str(error))
                text = f"The queue database {self._path} can't be used ({error}): {advice}, or "
                raise OSError(f"{text}set EAGLET_QUEUE_DIR to another folder") from error

    def version(self) -> tuple[int, int]:
        """Return what is another once any process has changed the database."""
        with _lock:
            [[number]] = self.execute("PRAGMA data_version")
            return number, self._open().total_changes

    def new_owner(self) -> int:
        """Return a new owner, of this process."""
        owner = secrets.randbits(60) + 1
        with _lock:
            self.execute("SELECT 1")  # or it may not be open
            # Before others can see it, and take it for a dead one's.
            fcntl.lockf(self._locks, fcntl.LOCK_EX, 1, owner)
            self.owners.add(owner)
            self.execute("INSERT INTO owner VALUES (?)", owner)
        return owner

    def end(self, owner: int) -> None:
        """End an owner of this process. If the database fails, whoever sweeps next does it."""
        with _lock:
            if owner in self.owners:
                self.owners.discard(owner)
                try:
                    self.execute("DELETE FROM owner WHERE id = ?", owner)
                finally:
                    fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, owner)

    def sweep(self) -> None:
        """End the owners that are dead, once a second at most."""
        with _lock:
            if time.monotonic() < self._sweep_at:
                return
            self._sweep_at = time.monotonic() + 1
            for (owner,) in self.execute("SELECT id FROM owner"):
                with suppress(BlockingIOError, PermissionError):
                    if owner not in self.owners:
                        fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, owner)
                        self.owners.add(owner)
                        self.end(owner)

    def _found(self) -> os.stat_result | None:
        with suppress(OSError):
            return os.lstat(self._path)
        return None

    def _open(self) -> sqlite3.Connection:
        found = self._found()
        if self._file and not (found and os.path.samestat(found, self._file)):
            raise OSError("it has gone, or is not the one that it was, which may hold messages")
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if sqlite3.sqlite_version_info < (3, 35):
            raise sqlite3.Error(f"SQLite 3.35 is needed, and this is {sqlite3.sqlite_version}")
        if self._file is None:
            with suppress(FileExistsError):
                os.makedirs(self.folder, 0o700)
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        if self._locks < 0:
            _check(self.folder)
            self._locks = os.open(os.path.join(self.folder, "owners.lock"), flags, 0o600)
        # SQLite gives the files beside it the same mode.
        os.close(os.open(self._path, flags, 0o600))
        file = os.lstat(self._path)
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        # SQLite does not wait for another that sets it up.
        fcntl.lockf(self._locks, fcntl.LOCK_EX, 1, 0)
        try:
            [[made_by]] = connection.execute("PRAGMA application_id")
            [[tables]] = connection.execute("SELECT count(*) FROM sqlite_master")
            if tables and made_by != _APPLICATION_ID:
                raise sqlite3.DatabaseError("it is not a database of this broker's")
            connection.executescript(_SETTINGS if tables else _SETTINGS + _SCHEMA)
        except BaseException:
            connection.close()
            raise
        finally:
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, 0)
        self._file = file
        return connection


def _check(folder: str) -> None:
    """Raise OSError unless a folder is private and local, and holds nothing of another version."""
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode):
        raise OSError("its folder is a file or a symbolic link")
    if found.st_uid != os.geteuid():
        raise OSError(f"its folder belongs to the user {found.st_uid}, and this is {os.geteuid()}")
    if found.st_mode & 0o077:
        if os.listdir(folder):
            raise OSError("its folder is open to others, who could read or forge messages")
        os.chmod(folder, 0o700)
    if (kind := _file_system(found.st_dev)) in _NETWORK:
        raise OSError(f"its folder is on a network file system ({kind}), where locks are not safe")
    old = [os.walk(os.path.join(folder, name)) for name in ("queues", "inflight")]
    if any(files for walk in old for _, _, files in walk):
        raise OSError("its folder holds messages of eaglet before 0.2, a file each")


def _file_system(device: int) -> str:
    # Source: proc_pid_mountinfo(5). On other systems it stays unknown.
    with suppress(OSError), open("/proc/self/mountinfo", errors="replace") as mounts:
        for mount, _, kind in (line.partition(" - ") for line in mounts):
            if mount.split()[2] == f"{os.major(device)}:{os.minor(device)}":
                return kind.split()[0]
    return ""


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
        database._locks, database.owners = -1, set()


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _lock.release(),  # noqa: PLW0108 - a child's is another
    after_in_child=_in_child,
)
