"""Ends processes whose starter was killed, and removes the folders they worked in.

Standard input names them, a line for each: `process ID SIGNAL` with what asks it to end, or
`folder PATH`. The end of input means that the starter is gone, or is done.
"""

import os
import shutil
import signal
import sys
from contextlib import suppress

import psutil

GRACE_SECONDS = 3.0


def tree(pid: int) -> list[psutil.Process]:
    """Return a process and its descendants, which need not share its group; none if it is gone.

    PostgreSQL gives each of its processes a session of its own.
    """
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        return [first, *first.children(recursive=True)]
    return []


def is_alive(process: psutil.Process) -> bool:
    """Tell whether it has not ended; one that nobody waits for stays as a zombie."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    """Read until the end of input, then end what is left."""
    started: dict[psutil.Process, int] = {}
    folders = []
    for line in sys.stdin:
        kind, _, what = line.rstrip("\n").partition(" ")
        if kind == "folder":
            folders.append(what)
        else:
            pid, _, number = what.partition(" ")
            # Told by its start from a later one with the same id.
            started |= dict.fromkeys(tree(int(pid))[:1], int(number))
    left = {process: number for process, number in started.items() if is_alive(process)}
    members = [member for process in left for member in tree(process.pid)]
    for process, number in left.items():
        _send([process], number)
    # Those that are frozen can't end.
    _send(members, signal.SIGCONT)
    psutil.wait_procs(members, GRACE_SECONDS)
    for process in left:
        # Of the group too, in which something may just be starting.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    _send(members, signal.SIGKILL)
    psutil.wait_procs(members, GRACE_SECONDS)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _send(processes: list[psutil.Process], number: int) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main()
