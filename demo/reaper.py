"""Ends process groups whose starter was killed: their ids come on standard input.

`+ID` is a group that was started, `-ID` one that has ended. The end of input means that the
starter is gone; what was not ended by then is killed.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

GRACE_SECONDS = 3.0


def main() -> None:
    """Read until the end of input, then end what is left."""
    groups: set[int] = set()
    for line in sys.stdin:
        change, group = line[0], int(line[1:])
        groups.add(group) if change == "+" else groups.discard(group)
    for number in (signal.SIGTERM, signal.SIGKILL) if groups else ():
        for group in groups:
            with suppress(ProcessLookupError):
                os.killpg(group, number)
        if number == signal.SIGTERM:
            time.sleep(GRACE_SECONDS)


if __name__ == "__main__":
    main()
