import os
import signal

import pytest

# From Python 3.12 on a fork beside threads is warned about, which is what is to be tested.
forks = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")


def in_child(is_so):
    """Whether a forked child finds that it is so."""
    pid = os.fork()
    if pid == 0:
        status = 1
        signal.alarm(20)  # a child that is stuck is a failure, and no test that never ends
        try:
            status = 0 if is_so() else 1
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0
