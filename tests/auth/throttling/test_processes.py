"""Guesses that several processes are sent at once, over each database."""

import json
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack

import pytest

from eaglet.auth.keys import generate_app_key
from tests.system.servers.database_urls import database

pytestmark = pytest.mark.slow

PROCESSES = 3
LIMIT = 20


@pytest.fixture
def _sqlite(tmp_path):
    file = tmp_path / "guesses.sqlite3"
    return {"DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(file)}}}


@pytest.fixture
def _postgresql(postgresql):
    return {"DATABASES": {"default": database(postgresql.url)}}


@pytest.fixture
def _mariadb(mariadb):
    return {"DATABASES": {"default": database(mariadb.url)}}


def run(settings, *args):
    command = [sys.executable, "-m", "tests.auth.throttling.guessing", json.dumps(settings), *args]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize(
    "settings",
    [
        "_sqlite",
        pytest.param("_postgresql", marks=pytest.mark.services),
        pytest.param("_mariadb", marks=pytest.mark.services),
    ],
)
def test_processes_count_together(request, settings):
    settings = request.getfixturevalue(settings)
    with run(settings, "migrate") as migrating:
        assert migrating.wait() == 0
    with ExitStack() as stack:
        # A key of its own: a service may have counts of another run in it.
        guess = ("guess", generate_app_key(), "15")
        guessers = [stack.enter_context(run(settings, *guess)) for _ in range(PROCESSES)]
        for guesser in guessers:
            assert guesser.stdout.readline() == "ready\n"
        for guesser in guessers:
            guesser.stdin.write("go\n")
            guesser.stdin.flush()
        statuses = Counter()
        for guesser in guessers:
            output, _ = guesser.communicate()
            statuses.update({int(key): value for key, value in json.loads(output).items()})
    assert set(statuses) == {401, 429}
    assert statuses.total() == PROCESSES * 15
    # Those that are looked at in the same moment may go over it together.
    assert LIMIT <= statuses[401] < LIMIT + PROCESSES
