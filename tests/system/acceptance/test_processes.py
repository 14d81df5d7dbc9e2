"""The runner of processes leaves none behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.processes import Processes, ProcessFailed

pytestmark = pytest.mark.slow

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); "
    "time.sleep(600)",
]
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"])
time.sleep(600)
"""  # noqa: E501
STARTER = """
import sys, time
from pathlib import Path
from demo.processes import Processes, leave_by_exception
leave_by_exception()
with Processes(Path(sys.argv[1])) as processes:
    process = processes.start(
        "sleep", [sys.executable, "-c", "import time; time.sleep(600)"], environment={}
    )
    print(process.popen.pid, flush=True)
    time.sleep(600)
"""


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    # One that has ended may stay as a zombie, where nobody waits for it.
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def ends_within(pid, seconds):
    deadline = time.monotonic() + seconds
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_leaving_the_context_ends_every_process(tmp_path):
    with Processes(tmp_path) as processes:
        pids = [processes.start(name, SLEEP, environment={}).popen.pid for name in "ab"]
        assert all(is_running(pid) for pid in pids)
    assert not any(is_running(pid) for pid in pids)


def test_an_exception_in_the_context_ends_every_process(tmp_path):
    def fail():
        with Processes(tmp_path) as processes:
            pids.append(processes.start("a", SLEEP, environment={}).popen.pid)
            raise KeyboardInterrupt

    pids = []
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert not is_running(pids[0])


def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("stubborn", STUBBORN, environment={})
        process.wait_until(lambda: "up" in process.tail())
        processes.stop(process, seconds=0.2)
        assert process.popen.returncode == -signal.SIGKILL


def test_what_a_process_has_started_ends_with_it(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("parent", [sys.executable, "-c", PARENT], environment={})
        process.wait_until(lambda: process.tail().strip().isdigit())
        child = int(process.tail())
        assert is_running(child)
    assert ends_within(child, 5)


def test_a_process_that_ends_while_starting_shows_the_end_of_its_log(tmp_path):
    command = [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"]
    with Processes(tmp_path) as processes:
        process = processes.start("broken", command, environment={})
        with pytest.raises(
            ProcessFailed, match=r"broken ended with exit code 3(?s:.)*no such table"
        ):
            process.wait_until(lambda: False)


def test_a_process_that_does_not_get_ready_fails_at_the_deadline(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("slow", SLEEP, environment={})
        with pytest.raises(ProcessFailed, match=r"slow was not ready within 0\.2 s"):
            process.wait_until(lambda: False, seconds=0.2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_starter_ends_what_it_started(tmp_path, number):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        pid = int(starter.stdout.readline())
        starter.send_signal(number)
    assert ends_within(pid, 10)
