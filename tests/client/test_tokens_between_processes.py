"""Tokens between processes over a SQLite file."""

import time

import pytest

from .caller_process import CallerProcess
from .tokens_between_processes import *  # noqa: F403

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    entry = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(tmp_path_factory.mktemp("tokens") / "service.sqlite3"),
    }
    process = CallerProcess(DATABASES={"default": entry}, INSTALLED_APPS=["eaglet.auth"])
    process.migrate()
    process.end()
    return entry


@pytest.fixture
def start(database):
    def start(url, **options):
        return CallerProcess(
            DATABASES={"default": database},
            INSTALLED_APPS=["eaglet.auth", "eaglet.client"],
            EAGLET_SERVICES={"card": {"HOST": url}},
            **options,
        )

    return start


def test_while_a_caller_writes_it_fetches_by_itself_and_its_token_is_kept_afterwards(
    callers, service
):
    writing, other = callers(2)
    writing.begin_transaction()
    assert writing.call() == "secret data"
    writing.roll_back()
    assert writing.call() == "secret data"
    for _ in range(50):
        if writing.rows_with_tokens():
            break
        time.sleep(0.1)
    assert other.call() == "secret data"
    assert len(service.token_requests) == 1
