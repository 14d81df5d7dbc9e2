"""Processes are started once for all the tests that use them."""

import pytest

from demo.caller import Caller
from demo.processes import Processes
from tests.system.acceptance.landscape import start_landscape


@pytest.fixture(scope="session")
def landscape(tmp_path_factory):
    folder = tmp_path_factory.mktemp("landscape")
    with Processes(folder) as processes:
        yield start_landscape(folder, processes)


@pytest.fixture(scope="session")
def caller():
    with Caller() as caller:
        yield caller


@pytest.fixture(scope="session")
def credentials(landscape):
    """Of an app that may do everything."""
    return landscape.service_role.create_app("tests")


@pytest.fixture
def token(landscape, caller, credentials):
    answer = caller.post(
        landscape.url("auth.access_token"),
        {"app_key": credentials.app_key, "app_secret": credentials.app_secret},
    )
    return answer.json()["data"]["access_token"]
