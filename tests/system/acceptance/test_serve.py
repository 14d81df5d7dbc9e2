"""`make serve`: what it prints works, and Ctrl-C ends all of it."""

import json
import re
import signal
import subprocess
import sys
import time

import pytest
import requests

from demo.roles import PROJECT_DIR, Role

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "demo.serve"]


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """What it printed once everything was up; Ctrl-C ends it, and what it started."""
    environment = Role("api", tmp_path_factory.mktemp("serve")).environment()
    with subprocess.Popen(
        COMMAND, cwd=PROJECT_DIR, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            printed = ""
            while "Ctrl-C" not in printed:
                line = process.stdout.readline()
                assert line, f"it ended: {printed}"
                printed += line
            yield printed
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
    for url in re.findall(r"http://\S+?:\d+", printed):
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=30)


def test_the_login_opens_the_admin_of_each_service_and_the_console(printed):
    name, password = re.search(r"login (\S+), password (\S+)", printed).groups()
    admins = re.findall(r"http://\S+/admin/", printed)
    listed = ["eaglet_auth/app", "eaglet_tasks/outboxtask", "django_celery_results/taskresult"]
    for url, model in zip(admins, listed, strict=True):
        assert f"/admin/{model}/" in opened(url, name, password)
    console = re.search(r"http://\S+/console/", printed)[0]
    assert "demo.data" in opened(admins[0], name, password, f"{console}index.json")


def opened(admin, name, password, page=None):
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


def test_the_lines_for_curl_get_data_change_points_and_list_the_message(printed, caller):
    token, url = re.search(r"Bearer (\S+)' '(\S+)'", printed).groups()
    assert caller.get(url, token=token).json()["data"] == {"args": {"id": 7, "name": "eaglet"}}
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


def test_a_second_one_in_the_same_folder_is_refused(printed):
    folder = re.search(r"Logs are in (\S+)\.", printed)[1]
    environment = Role("api", folder).environment()
    second = subprocess.run(
        COMMAND, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert second.returncode == 1
    assert "Another process serves" in second.stdout
