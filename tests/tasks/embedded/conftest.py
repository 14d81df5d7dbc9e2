import kombu
import pytest

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from eaglet.tasks.embedded import database

from .processes import Processes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue"


@pytest.fixture
def connect(path):
    """Make connections to the folder, and close them after the test."""
    connections = []

    def connect(url=None, **options):
        connection = kombu.Connection(url or f"eaglet://{path}", **options)
        connections.append(connection)
        return connection

    yield connect
    for connection in connections:
        connection.close()


@pytest.fixture
def processes(tmp_path):
    """Start processes, and end them after the test, whatever it came to."""
    with Processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def another_process(monkeypatch):
    """Forget the databases that this process has used, as if it were another."""
    return lambda: monkeypatch.setattr(database, "_databases", {})
