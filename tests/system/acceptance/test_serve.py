"""`make serve`: what it prints works, and Ctrl-C ends all of it."""

import json
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest
import requests

from demo.roles import PROJECT_DIR, Role

pytestmark = pytest.mark.slow


@contextmanager
def started(folder):
    """The process, and what it printed once everything was up."""
    environment = {**Role("api", folder).environment(), "EAGLET_RUN_DIR": str(folder)}
    with subprocess.Popen(
        [sys.executable, "-m", "demo.serve"],
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


@pytest.mark.parametrize(
    "listed",
    ["eaglet_auth/app", "eaglet_tasks/outboxtask", "django_celery_results/taskresult"],
)
def test_the_login_opens_the_admin_of_each_service(printed, listed):
    name, password = re.search(r"login (\S+), password (\S+)", printed).groups()
    opened = [
        opened_admin(url, name, password) for url in re.findall(r"http://\S+/admin/", printed)
    ]
    assert len(opened) == 3
    assert any(f"/admin/{listed}/" in text for text in opened)


def test_the_login_opens_the_console(printed):
    console = re.search(r"http://\S+/console/", printed)[0]
    name, password = re.search(r"login (\S+), password (\S+)", printed).groups()
    admin = console.replace("/console/", "/admin/")
    assert 'data-resource="demo.data"' in opened_admin(admin, name, password, console)


def opened_admin(admin, name, password, page=None):
    """The first page of an admin, or another page, after the login."""
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
        return session.get(page, timeout=30).text if page else answer.text


def test_the_line_for_curl_is_answered(printed, caller):
    token, url = re.search(r"Bearer (\S+)' '(\S+)'", printed).groups()
    assert caller.get(url, token=token).json()["data"] == {"args": {"id": 7, "name": "eaglet"}}


def test_the_lines_for_curl_change_points_and_list_the_message(printed, caller):
    lines = printed.replace("\\\n", " ")
    token, change, url = re.search(r"PUT .*Bearer (\S+)' .* -d '(.*)' +'(\S+)'", lines).groups()
    answer = caller.put(url, json.loads(change), token=token).json()
    assert answer["code"] == 200
    token, url = re.search(r"Bearer (\S+)' +'(\S+/message/)'", lines).groups()
    deadline = time.monotonic() + 30
    while not (messages := caller.get(url, token=token).json()["data"]):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert [message["task_id"] for message in messages] == [answer["data"]["task_id"]]


def test_hermes_is_answered(printed, caller):
    url = re.search(r"http://\S+/hermes/relay/\?id=7", printed)[0]
    assert caller.get(url).json()["data"] == {"args": {"id": 7}}


def test_a_second_one_in_the_same_folder_is_refused(serving):
    folder = re.search(r"Logs are in (\S+)\.", serving[1])[1]
    environment = {**Role("api", folder).environment(), "EAGLET_RUN_DIR": folder}
    second = subprocess.run(
        [sys.executable, "-m", "demo.serve"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert second.returncode == 1
    assert "Another process serves" in second.stdout


# The last one, as it ends what the others use: starting all of it takes a while.
def test_ctrl_c_ends_it_and_what_it_started(serving, caller):
    process, printed = serving
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 0
    for url in re.findall(r"http://\S+?:\d+", printed):
        with pytest.raises(requests.ConnectionError):
            caller.get(url)
