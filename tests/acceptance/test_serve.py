"""`make serve`: what it prints works, and Ctrl-C ends all of it."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests

from testproject.walkthrough.roles import PROJECT_DIR, Role


@contextmanager
def started(folder):
    """The process, and what it printed once everything was up."""
    environment = {**Role("api", folder).environment(), "EAGLET_RUN_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "testproject.walkthrough.serve"],
        cwd=PROJECT_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            printed = ""
            while "Ctrl-C" not in printed:
                line = process.stdout.readline()
                assert line, f"it ended: {printed}"
                printed += line
            yield process, printed
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def serving(tmp_path_factory):
    with started(tmp_path_factory.mktemp("serve")) as (process, printed):
        yield process, printed


@pytest.fixture
def printed(serving):
    return serving[1]


def test_the_login_opens_the_admin(printed):
    admin = re.search(r"http://\S+/admin/", printed)[0]
    name, password = re.search(r"login (\S+), password (\S+)", printed).groups()
    with requests.Session() as session:
        session.trust_env = False
        form = session.get(f"{admin}login/", timeout=30)
        csrf = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)[1]
        answer = session.post(
            f"{admin}login/?next=/admin/",
            data={"username": name, "password": password, "csrfmiddlewaretoken": csrf},
            timeout=30,
        )
        assert answer.url == admin
        assert "/admin/eaglet_auth/app/" in answer.text


def test_the_line_for_curl_is_answered(printed, caller):
    token, url = re.search(r"Bearer (\S+)' '(\S+)'", printed).groups()
    assert caller.get(url, token=token).json()["data"] == {"args": {"id": 7, "name": "eaglet"}}


def test_hermes_is_answered(printed, caller):
    url = re.search(r"http://\S+/hermes/relay/\?id=7", printed)[0]
    assert caller.get(url).json()["data"] == {"args": {"id": 7}}


def test_a_second_one_in_the_same_folder_is_refused(serving):
    folder = re.search(r"Logs are in (\S+)\.", serving[1])[1]
    environment = {**Role("api", folder).environment(), "EAGLET_RUN_DIR": folder}
    second = subprocess.run(
        [sys.executable, "-m", "testproject.walkthrough.serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert "Another process serves" in second.stdout


def test_ctrl_c_ends_it_and_what_it_started(tmp_path, caller):
    with started(tmp_path) as (process, printed):
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0
    for url in re.findall(r"http://\S+?:\d+", printed):
        with pytest.raises(requests.ConnectionError):
            caller.get(url)
