import shutil

import pytest

from tests.docs.player import Player
from tests.geser.generated import Generated


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """A service as `geser new` writes it, with its tables; pages are played in copies."""
    made = Generated.make("member_service", tmp_path_factory.mktemp("service"))
    made.manage("migrate", "--verbosity", "0")
    shutil.rmtree(made.folder / "__pycache__", ignore_errors=True)
    return made.folder


@pytest.fixture
def play(tmp_path, service):
    """Play a page by a scenario."""

    def play(page, scenario, blocks):
        Player(page, scenario, tmp_path, service).play(blocks)

    return play
