"""A generated service under the server that it is written for, with two processes."""

import re
import signal
import time

import pytest
import requests

from demo.processes import Processes
from eaglet.geser.manifest import SERVERS
from tests.geser.generated import Generated

pytestmark = pytest.mark.slow

TOKEN = "t" * 32
SECRET = "egt_" + "s" * 43
CALLS = 40


@pytest.mark.parametrize("server", SERVERS)
def test_its_processes_count_together_log_each_call_and_end_when_told_to(tmp_path, server):
    made = Generated.make(
        "member_service",
        tmp_path,
        "--server",
        server,
        WEB_CONCURRENCY="2",
        DEBUG="false",
        EAGLET_METRICS_TOKEN=TOKEN,
    )
    made.manage("migrate", "--no-input", "--verbosity", "0")
    with Processes(tmp_path / "logs") as processes:
        url = made.serve(processes)
        (process,) = processes.running
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(CALLS):
                # A connection each: they go to either process.
                answer = session.get(f"{url}/member/greeting/", headers={"Connection": "close"})
                assert answer.status_code == 401
            forged = session.get(f"{url}/member/greeting/%0Aforged%1B?access_token={SECRET}")
            assert forged.status_code == 404
            assert session.get(f"{url}/metrics").status_code == 403
            bearer = {"Authorization": f"Bearer {TOKEN}"}
            text = session.get(f"{url}/metrics", headers=bearer).text
        counted = re.findall(r"^eaglet_api_call_seconds_count\{.*\} (\S+)$", text, re.MULTILINE)
        assert sum(map(float, counted)) == CALLS
        deadline = time.monotonic() + 30
        while process.written().count("eaglet.api.calls GET member.greeting -> HTTP 401") < CALLS:
            assert time.monotonic() < deadline, process.tail()
            time.sleep(0.2)
        assert not any(secret in process.written() for secret in (TOKEN, SECRET, "\x1b"))
        assert not re.search("^forged", process.written(), re.MULTILINE)
        process.popen.send_signal(signal.SIGTERM)
        assert process.popen.wait(30) == 0


# The first process answers at once; the other imports for so long that the stop comes before it is
# ready.
SLOW_TO_START = """
import pathlib, time
try:
    pathlib.Path("first").touch(exist_ok=False)
except FileExistsError:
    time.sleep(5)
"""


@pytest.mark.parametrize("server", SERVERS)
def test_it_ends_though_one_of_its_processes_has_only_begun_to_start(tmp_path, server):
    made = Generated.make("member_service", tmp_path, "--server", server, WEB_CONCURRENCY="2")
    wsgi = made.folder / "wsgi.py"
    wsgi.write_text(wsgi.read_text(encoding="utf-8") + SLOW_TO_START, encoding="utf-8")
    with Processes(tmp_path / "logs") as processes:
        made.serve(processes)
        (process,) = processes.running
        process.popen.send_signal(signal.SIGTERM)
        process.popen.wait(60)
