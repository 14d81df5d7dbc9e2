"""A generated service on what its compose.yaml gives it: PostgreSQL, RabbitMQ and Redis."""

import re
import sys
import time
from urllib.parse import urlsplit

import pytest
import requests

from demo.processes import Processes
from tests.geser.generated import Generated
from tests.system.servers.fixtures import postgresql, rabbitmq, redis_server  # noqa: F401 - fixtures
from tests.tasks.processes import until

pytestmark = [pytest.mark.services, pytest.mark.slow]

RESULTS = """
from django_celery_results.models import TaskResult
from django.core.cache import cache
from django.db import connection
print(connection.vendor, type(cache._cache).__name__,
      *TaskResult.objects.filter(status="SUCCESS").values_list("result", flat=True))
"""


@pytest.fixture
def service(tmp_path, postgresql, rabbitmq, redis_server):  # noqa: F811
    """A service with the variables that its compose.yaml sets, the hosts and passwords apart."""
    psycopg = pytest.importorskip("psycopg")
    made = Generated.make("member_service", tmp_path)
    compose = (made.folder / "compose.yaml").read_text()
    given = {
        "DATABASE_URL": postgresql.url.replace("postgresql://", "postgres://", 1),
        "CELERY_BROKER_URL": rabbitmq.url,
        "REDIS_URL": redis_server.url,
    }
    for name, url in given.items():
        said = re.search(rf"^    {name}: (\w+)://", compose, re.MULTILINE)
        assert said, name
        assert said[1] == urlsplit(url).scheme, name
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS geser_member_service")
        connection.execute("CREATE DATABASE geser_member_service")
    given["DATABASE_URL"] = (
        urlsplit(given["DATABASE_URL"])._replace(path="/geser_member_service").geturl()
    )
    yield made.with_variables(DEBUG="false", **given)
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS geser_member_service WITH (FORCE)")


def test_its_tests_pass_there_too(service):
    assert " passed" in service.run(sys.executable, "-m", "pytest", "-q")


def test_a_call_is_answered_and_its_task_is_run(service, tmp_path):
    service.manage("check", "--fail-level", "WARNING")
    service.manage("migrate", "--verbosity", "0")
    key = service.create_app("caller")
    with Processes(tmp_path / "logs") as processes:
        url = service.serve(processes)
        service.work(processes)
        # On a busy machine a check takes too long at first.
        until(lambda: requests.get(f"{url}/readyz", timeout=30).json()["status"] == "ok")
        asked = {"app_key": key["APP_KEY"], "app_secret": key["APP_SECRET"]}
        token = requests.post(f"{url}/auth/access_token/", asked, timeout=10).json()["data"]
        answer = requests.post(
            f"{url}/member/greeting/",
            {"name": "Ada"},
            headers={"Authorization": f"Bearer {token['access_token']}"},
            timeout=10,
        )
        assert answer.json()["data"] == {"name": "Ada", "times": 1}
        deadline = time.monotonic() + 60
        while True:
            told = service.manage("shell", "-c", RESULTS).splitlines()[-1]
            if "Ada: 1" in told:
                break
            assert time.monotonic() < deadline, told
            time.sleep(0.5)
        assert told.split()[:2] == ["postgresql", "RedisCacheClient"]
