"""The runner of processes leaves none behind, however it ends itself."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
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
# Its child has a session of its own, as each process of PostgreSQL's has.
PARENT = """
import subprocess, time
print(subprocess.Popen(["sleep", "600"], start_new_session=True).pid, flush=True)
time.sleep(600)
"""
STARTER = f"""
import sys, time
from pathlib import Path
from demo.processes import Processes, leave_by_exception
leave_by_exception()
folder = Path(sys.argv[1])
with Processes(folder) as processes:
    processes.remove_at_the_end(folder)
    command = [sys.executable, "-c", {PARENT!r}]
    process = processes.start("parent", command, environment={{"PATH": "/usr/bin:/bin"}})
    process.wait_until(lambda: process.tail().strip().isdigit())
    print(process.popen.pid, process.tail(), flush=True)
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


def test_leaving_the_context_by_an_exception_ends_every_process(tmp_path):
    with suppress(KeyboardInterrupt), Processes(tmp_path) as processes:
        pids = [processes.start(name, SLEEP, environment={}).popen.pid for name in "ab"]
        assert all(is_running(pid) for pid in pids)
        raise KeyboardInterrupt
    assert not any(is_running(pid) for pid in pids)


def test_a_process_that_ignores_sigterm_is_killed(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("stubborn", STUBBORN, environment={})
        process.wait_until(lambda: "up" in process.tail())
        processes.stop(process, seconds=0.2)
        assert process.popen.returncode == -signal.SIGKILL


def test_what_a_process_has_started_ends_with_it(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("parent", [sys.executable, "-c", PARENT], environment=os.environ)
        process.wait_until(lambda: process.tail().strip().isdigit())
        child = int(process.tail())
        assert is_running(child)
    assert ends_within(child, 5)


def test_a_frozen_process_ends(tmp_path):
    with Processes(tmp_path) as processes:
        process = processes.start("frozen", SLEEP, environment={})
        process.signal(signal.SIGSTOP)
        processes.stop(process)
        assert process.popen.returncode == -signal.SIGTERM


FAILS = "print('no such table'); raise SystemExit(3)"


@pytest.mark.parametrize(
    ("command", "seconds", "told"),
    [
        ([sys.executable, "-c", FAILS], 60, r"it ended with exit code 3(?s:.)*no such table"),
        (SLEEP, 0.2, r"it was not ready within 0\.2 s"),
    ],
)
def test_a_process_that_does_not_get_ready_is_a_failure(tmp_path, command, seconds, told):
    with Processes(tmp_path) as processes:
        process = processes.start("it", command, environment={})
        with pytest.raises(ProcessFailed, match=told):
            process.wait_until(lambda: False, seconds)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_starter_ends_what_it_started_and_removes_its_folder(tmp_path, number):
    folder = tmp_path / "work"

    with subprocess.Popen(
        [sys.executable, "-c", STARTER, str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        pids = [int(pid) for pid in starter.stdout.readline().split()]
        starter.send_signal(number)
    assert all(ends_within(pid, 10) for pid in pids)
    deadline = time.monotonic() + 10
    while folder.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
