"""A process and everything it has started, which need not share a process group.

PostgreSQL gives each of its processes a session of its own.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Member(NamedTuple):
    """A process, told by its start from a later one with the same id."""

    pid: int
    started: str


class _Entry(NamedTuple):
    member: Member
    parent: int
    state: str


def tree_of(pid: int) -> list[Member]:
    """The process and its descendants, ancestors first; none that has ended already."""
    children: dict[int, list[_Entry]] = {}
    found = []
    for entry in _entries():
        children.setdefault(entry.parent, []).append(entry)
        if entry.member.pid == pid:
            found.append(entry)
    for entry in found:
        found.extend(children.get(entry.member.pid, ()))
    return [entry.member for entry in found if entry.state not in "ZX"]


def signal_all(members: Iterable[Member], number: int) -> None:
    """Send a signal to those that are still there."""
    for member in still_running(members):
        with suppress(ProcessLookupError):
            os.kill(member.pid, number)


def kill_group(pid: int) -> None:
    """Kill the process group that a process leads, with whatever is just being started in it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def still_running(members: Iterable[Member]) -> list[Member]:
    """Those that have not ended."""
    return [member for member in members if _is_running(member)]


def _is_running(member: Member) -> bool:
    entry = _entry(member.pid)
    return entry is not None and entry.member == member and entry.state not in "ZX"


def _entries() -> Iterable[_Entry]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and (entry := _entry(int(folder.name))) is not None:
            yield entry


def _entry(pid: int) -> _Entry | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name of the program, in parentheses, may have anything in it.
    fields = text.rpartition(")")[2].split()
    return _Entry(Member(pid, fields[19]), parent=int(fields[1]), state=fields[0])
