"""The folder that the embedded broker's database is in: where it is, and whether it may serve."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import Final

_NETWORK: Final = frozenset(
    ("9p", "afs", "ceph", "cifs", "fuse.sshfs", "gfs2", "lustre", "nfs", "nfs4", "smb3")
)


class EmbeddedBrokerError(OSError):
    """The embedded broker can't be used, or refuses; the message says what to do."""


def default_folder() -> str:
    """Return the user's own folder, where the XDG Base Directory Specification has state kept."""
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "eaglet", "queue")


def prepare_folder(path: str) -> None:
    """Make the folder if need be. Raises EmbeddedBrokerError unless it is private and local."""
    try:
        _make_private(path)
        fault = _fault_of(path, os.lstat(path))
    except OSError as error:
        fault = f"can't be used ({error.strerror}): see to its disk and its rights"
    if fault:
        raise EmbeddedBrokerError(f"The queue folder {path} {fault}, or set EAGLET_QUEUE_DIR anew")


def _make_private(path: str) -> None:
    if not os.path.isdir(parent := os.path.dirname(path)):
        _make_private(parent)
    with suppress(FileExistsError):
        os.mkdir(path, 0o700)


def _fault_of(path: str, found: os.stat_result) -> str:
    if not stat.S_ISDIR(found.st_mode):
        return "is a file or a symbolic link: name a folder itself"
    if found.st_uid != os.geteuid():
        return f"belongs to the user {found.st_uid}, and this is {os.geteuid()}: run it as that one"
    if found.st_mode & 0o077:
        if os.listdir(path):
            return f"is open to others, who could read or forge messages: chmod 700 {path}"
        os.chmod(path, 0o700)
    if (kind := _file_system(found.st_dev)) in _NETWORK:
        return f"is on a network file system ({kind}), where locks are not safe: use a local disk"
    old = [os.walk(os.path.join(path, name)) for name in ("queues", "inflight")]
    if count := sum(len(files) for walk in old for _, _, files in walk):
        return (
            f"holds {count} messages of eaglet before 0.2, one file each: have a worker of that "
            "version take them, move the folder away"
        )
    return ""


def _file_system(device: int) -> str:
    # Source: proc_pid_mountinfo(5). On other systems it stays unknown.
    number = f"{os.major(device)}:{os.minor(device)}"
    with suppress(OSError), open("/proc/self/mountinfo", errors="replace") as mounts:
        for mount, _, kind in (line.partition(" - ") for line in mounts):
            if mount.split()[2] == number:
                return kind.split()[0]
    return ""
