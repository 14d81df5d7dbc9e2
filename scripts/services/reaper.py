"""Ends processes whose starter was killed, and removes the folder they worked in.

    python -m services.reaper FOLDER

Standard input names the processes: `+PID SIGNAL` is one that was started, with what asks it to
end, `-PID` one that has ended. The end of input means that the starter is gone.
"""

from __future__ import annotations

import shutil
import signal
import sys
import time

from .process_tree import Member, kill_group, signal_all, still_running, tree_of

GRACE_SECONDS = 3.0
_POLL_SECONDS = 0.05


def main(folder: str) -> None:
    """Read until the end of input, then end what is left."""
    processes: dict[int, tuple[list[Member], int]] = {}
    for line in sys.stdin:
        pid, _, number = line[1:].partition(" ")
        if line[0] == "+":
            processes[int(pid)] = (tree_of(int(pid))[:1], int(number))
        else:
            processes.pop(int(pid), None)
    alive = [(member, n) for first, n in processes.values() for member in still_running(first)]
    everything = [each for member, _ in alive for each in tree_of(member.pid)]
    for member, number in alive:
        signal_all([member], number)
    # Those a test has stopped can't end.
    signal_all(everything, signal.SIGCONT)
    _wait_for(everything)
    for member, _ in alive:
        kill_group(member.pid)
    signal_all(everything, signal.SIGKILL)
    _wait_for(everything)
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for(members: list[Member]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while still_running(members) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    main(*sys.argv[1:])
