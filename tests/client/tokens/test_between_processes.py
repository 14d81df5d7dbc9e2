"""Tokens between processes over a SQLite file."""

import pytest

from .between_processes import *  # noqa: F403
from .caller_process import CallerProcess

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
    rows = other.rows_with_tokens()
    writing.begin_transaction()
    assert writing.call() == "secret data"
    assert other.rows_with_tokens() == rows
    writing.commit()
    assert other.rows_with_tokens() == rows + 1
    assert other.call() == "secret data"
    assert len(service.token_requests) == 1


def test_while_another_writes_for_long_a_process_fetches_by_itself(callers, service):
    writing, other = callers(2)
    writing.begin_transaction()
    assert other.call() == "secret data"
    assert writing.call() == "secret data"
    writing.roll_back()
    assert len(service.token_requests) == 2


def test_a_token_whose_transaction_is_rolled_back_stays_in_its_process(callers, service):
    writing, other = callers(2)
    assert writing.call_in_transaction_that_is_rolled_back() == "secret data"
    assert writing.call() == "secret data"
    assert len(service.token_requests) == 1
    assert other.call() == "secret data"
    assert len(service.token_requests) == 2
