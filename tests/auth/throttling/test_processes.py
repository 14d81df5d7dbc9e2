"""Guesses that several processes are sent at once, over each database."""

from collections import Counter

import pytest

from eaglet.auth.keys import generate_app_key
from tests.auth.tokens.service_process import ServiceProcess
from tests.system.servers.database_urls import database

pytestmark = pytest.mark.slow

PROCESSES = 3
LIMIT = 20
SERVICE = {
    "ALLOWED_HOSTS": ["*"],
    "INSTALLED_APPS": ["rest_framework", "eaglet.api", "eaglet.auth"],
    "ROOT_URLCONF": "eaglet.api.urls",
    "EAGLET_ISSUE_TOKENS": True,
    "EAGLET_TOKEN_FAILURE_RATE": f"{LIMIT}/day",
}


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.services),
        pytest.param("mariadb", marks=pytest.mark.services),
    ]
)
def processes(request, tmp_path):
    entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "guesses.sqlite3")}
    if request.param != "sqlite":
        entry = database(request.getfixturevalue(request.param).url)
    processes = [ServiceProcess(**SERVICE, DATABASES={"default": entry}) for _ in range(PROCESSES)]
    processes[0].migrate()
    yield processes
    for process in processes:
        process.end()


def test_processes_count_together(processes):
    app_key = generate_app_key()  # a server may have counts of another run in it
    for process in processes:
        process.begin("guess", app_key, 15)
    statuses = sum((process.result() for process in processes), Counter())
    assert set(statuses) == {401, 429}
    assert statuses.total() == PROCESSES * 15
    # Those that are looked at in the same moment may go over it together.
    assert LIMIT <= statuses[401] < LIMIT + PROCESSES
