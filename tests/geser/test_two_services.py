"""Two generated services talk: a call, with an access token, and a task; all processes apart."""

import json
import re
import time

import pytest

from demo.processes import Processes
from tests.geser.generated import Generated

pytestmark = pytest.mark.slow

CALL = """
from eaglet.client import Resource
for times in (1, 2):
    answer = Resource.use("member").post(
        {"resource": "member.greeting", "data": {"name": "Ada"}}
    )
    assert answer["code"] == 200, answer
print(answer["data"]["times"])
"""
SEND = """
from django.db import transaction
from eaglet.tasks import send_task
with transaction.atomic():
    send_task("services.member_service.tasks.greeted", {"name": "Grace", "times": 7})
"""
RESULTS = """
from django_celery_results.models import TaskResult
print(sorted(TaskResult.objects.filter(status="SUCCESS").values_list("result", flat=True)))
"""


@pytest.fixture
def processes(tmp_path):
    with Processes(tmp_path / "logs") as running:
        yield running


def test_one_calls_the_other_and_sends_it_a_task(tmp_path, processes):
    member = Generated.make("member_service", tmp_path)
    mall = Generated.make("mall_service", tmp_path)
    for service in (member, mall):
        service.manage("migrate", "--no-input", "--verbosity", "0")
    url = member.serve(processes)
    member.work(processes)

    # Without credentials the call is refused.
    services = json.dumps({"member": {"HOST": url}})
    stranger = mall.with_variables(EAGLET_SERVICES=services)
    refused = stranger.manage(
        "shell",
        "-c",
        'from eaglet.client import Resource; print(Resource.use("member").get('
        '{"resource": "member.greeting", "data": {"name": "Ada"}}))',
    )
    assert refused.splitlines()[-1] == "None"

    # With what create_app prints it is answered.
    caller = stranger.with_variables(ENABLE_API_AUTH="true", **member.create_app("mall_service"))
    assert caller.manage("shell", "-c", CALL).splitlines()[-1] == "2"

    # And the task that is sent is run, by the other's worker, as are the tasks of the greetings.
    caller.manage("shell", "-c", SEND)
    expected = ["Ada: 1", "Ada: 2", "Grace: 7"]
    deadline = time.monotonic() + 60
    while (done := _results(member)) != expected:
        assert time.monotonic() < deadline, done
        time.sleep(0.5)


def test_an_issuer_gives_the_key_that_another_takes_beside_its_own(tmp_path, processes):
    issuer = Generated.make("issuer_service", tmp_path, "--issuer")
    member = Generated.make("member_service", tmp_path)
    mall = Generated.make("mall_service", tmp_path)
    for service in (issuer, member, mall):
        service.manage("migrate", "--no-input", "--verbosity", "0")
    issuer.manage("rotate_signing_key")
    url = issuer.serve(processes, "EAGLET_ISSUER")
    audience = "http://127.0.0.1:8001"  # as geser writes it for an example
    both = {"EAGLET_ISSUER": url, "EAGLET_AUDIENCE": audience}
    both["EAGLET_TOKEN_VERIFIERS"] = "database,jwt"
    entry = {"HOST": member.with_variables(**both).serve(processes), "AUDIENCE": audience}
    services = json.dumps({"member": entry})
    caller = mall.with_variables(EAGLET_SERVICES=services, ENABLE_API_AUTH="true")

    old = caller.with_variables(**member.create_app("mall_service"))
    assert old.manage("shell", "-c", CALL).splitlines()[-1] == "2"
    new = caller.with_variables(
        EAGLET_TOKEN_URL=f"{url}/oauth/token/",
        **issuer.create_app("mall_service", "--at", "other=member.greeting:post"),
    )
    assert new.manage("shell", "-c", CALL).splitlines()[-1] == "4"


def _results(service):
    printed = service.manage("shell", "-c", RESULTS).splitlines()[-1]
    return re.findall(r"\w+: \d", printed)
