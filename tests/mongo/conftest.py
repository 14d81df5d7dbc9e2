import os

import pytest

from tests.mongo import gateway


@pytest.fixture(scope="session")
def mongo_url():
    """The server of EAGLET_TEST_MONGO_URL, or documentdb."""
    if url := os.environ.get("EAGLET_TEST_MONGO_URL"):
        yield url
    else:
        with gateway.serving(gateway.require()) as url:
            yield url
