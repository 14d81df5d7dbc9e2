"""A folder that is one user's alone: where it is, how it is made, and what is wrong with it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress


class QueueFolderError(OSError):
    """The folder can't be used, or refuses; the message says what to do where something can."""


def default_folder() -> str:
    """The user's own queue folder: `${XDG_STATE_HOME:-~/.local/state}/eaglet/queue`.

    Source: XDG Base Directory Specification, by which a relative XDG_STATE_HOME does not count.
    """
    state = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(state):
        state = os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(state, "eaglet", "queue")


def make_private(path: str) -> None:
    """Make the folder, and those it is in, for this user alone; one that is there is left."""
    parent = os.path.dirname(path)
    if not os.path.isdir(parent) and parent != path:
        make_private(parent)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)


def check_private(path: str, layout: Iterable[str]) -> None:
    """Raise QueueFolderError unless the folder is there, is this user's, and nobody else's.

    One that others may enter is closed to them, if nothing but `layout` is in it and nobody else
    can have put anything there: it was made for this.
    """
    try:
        found = os.stat(path)
    except FileNotFoundError as error:
        raise gone(path) from error
    if not stat.S_ISDIR(found.st_mode):
        raise QueueFolderError(
            errno.ENOTDIR,
            f"{path} is to be the queue folder, and is a file: move it away, "
            "or set EAGLET_QUEUE_DIR to another folder",
        )
    if found.st_uid != os.geteuid():
        raise QueueFolderError(
            errno.EPERM,
            f"The queue folder {path} belongs to the user {found.st_uid}, and this "
            f"process runs as {os.geteuid()}: messages would not be private. Set "
            "EAGLET_QUEUE_DIR to a folder of this user",
        )
    if found.st_mode & 0o077:
        names = set(os.listdir(path))
        if names <= set(layout) and not (names and found.st_mode & 0o022):
            os.chmod(path, 0o700)
            return
        raise QueueFolderError(
            errno.EPERM,
            f"Others may enter the queue folder {path} (mode "
            f"{stat.S_IMODE(found.st_mode):04o}), and could read or forge messages. Make it "
            f"private: chmod 700 {path}",
        )


def gone(path: str) -> QueueFolderError:
    """The error of a folder that was there before."""
    return QueueFolderError(
        errno.ENOENT,
        f"The queue folder {path} has gone, and maybe messages with it: put it back, "
        f"or make an empty one: mkdir -m 700 {path}",
    )


def failure(path: str, doing: str, error: OSError) -> QueueFolderError:
    """The error that says what could not be done with the folder, and why."""
    reason = error.strerror or str(error)
    return QueueFolderError(error.errno, f"Can't {doing} the queue folder {path}: {reason}")


def names_in(folder: str) -> list[str]:
    """The names in a folder, without hidden ones; none where there is no folder."""
    try:
        return [name for name in os.listdir(folder) if not name.startswith(".")]
    except FileNotFoundError:
        return []
