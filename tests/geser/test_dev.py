"""A generated service while one works on it: `manage.py dev`, `runserver` and `worker`."""

import signal
import sys
import time

import psutil
import pytest
import requests

from demo.processes import Processes
from demo.roles import is_healthy
from tests.geser.generated import BIN, Generated, geser, outer_environment, run
from tests.system.servers.ports import free_port

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    made = Generated.make("member_service", tmp_path_factory.mktemp("generated"))
    made.manage("migrate", "--no-input", "--verbosity", "0")
    return made


@pytest.fixture
def started(service, tmp_path):
    """Start a management command of the service on a port of its own; its process and URL."""
    with Processes(tmp_path / "logs") as processes:

        def start(command):
            port = free_port()
            process = processes.start(
                command,
                [sys.executable, "manage.py", command, str(port)],
                environment={**outer_environment(), **service.variables},
                folder=service.folder,
            )
            process.wait_until(lambda: is_healthy(f"http://127.0.0.1:{port}"))
            return process, f"http://127.0.0.1:{port}"

        yield start


def until_true(happens, seconds=90):
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def until(happens, process):
    until_true(lambda: process.check_running() or happens())


def status(url):
    try:
        return requests.get(url, timeout=5).status_code
    except requests.RequestException:
        return None


@pytest.mark.parametrize("command", ["runserver", "dev"])
def test_a_resource_that_is_added_is_answered_without_a_restart_by_hand(service, started, command):
    process, url = started(command)
    assert status(f"{url}/late/{command}/") == 404
    geser("add", "resource", f"late.{command}", "--public", cwd=service.folder)
    until(lambda: status(f"{url}/late/{command}/") == 200, process)


def test_server_worker_and_relay_speak_in_one_terminal_and_end_together(started):
    process, _ = started("dev")
    for line in ("worker | ", " ready.", "relay  | Relaying the outbox", "server | Starting"):
        until(lambda line=line: line in process.written(), process)
    everything = psutil.Process(process.popen.pid).children(recursive=True)
    assert len(everything) >= 3
    process.popen.send_signal(signal.SIGINT)
    assert process.popen.wait(30) == 0
    assert not psutil.wait_procs(everything, timeout=0)[1]


def test_one_that_ends_by_itself_ends_the_others_and_says_which(service, started):
    _, url = started("runserver")
    port = url.rpartition(":")[2]
    done = run(sys.executable, "manage.py", "dev", port, cwd=service.folder, **service.variables)
    assert done.returncode == 1
    assert "server | Error: That port is already in use." in done.stdout
    assert "server ended with exit code 1; the others were ended too" in done.stderr


def test_what_can_not_be_imported_is_waited_out(service, started):
    process, url = started("dev")
    broken = service.folder / "api/member/a_broken.py"
    broken.write_text("nonsense(")
    until(lambda: "until a file changes" in process.written(), process)
    broken.unlink()
    until(lambda: is_healthy(url), process)


def test_the_worker_takes_all_options_of_celery(service):
    told = service.manage("worker", "--settings", "settings", "--help")
    assert "--concurrency" in told
    assert "--max-tasks-per-child" in told


@pytest.mark.parametrize(
    ("named", "command"),
    [
        ("nowhere", [sys.executable, "manage.py", "worker"]),
        ("nowhere.settings", [str(BIN / "celery"), "-A", "eaglet.tasks", "worker"]),
        ("", [str(BIN / "celery"), "-A", "eaglet.tasks", "worker"]),
    ],
)
def test_settings_that_are_not_there_are_named_in_one_line(service, named, command):
    done = run(*command, cwd=service.folder, DJANGO_SETTINGS_MODULE=named)
    assert done.returncode == 1
    (line,) = (done.stdout + done.stderr).splitlines()
    expected = f"is {named!r}, and there is no module 'nowhere'" if named else "is not set"
    assert line.startswith(f"DJANGO_SETTINGS_MODULE {expected}")
