import kombu
import pytest

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from eaglet.tasks.embedded import folder as queue_folder
from eaglet.tasks.embedded.exchanges import ExchangeFiles
from eaglet.tasks.embedded.folder import QueueFolder

from .processes import Processes


@pytest.fixture
def path(tmp_path):
    return tmp_path / "queue"


@pytest.fixture
def folder(path):
    folder = QueueFolder(path)
    folder.open()
    return folder


@pytest.fixture
def exchanges(folder):
    return ExchangeFiles(folder)


@pytest.fixture
def connect(path):
    """Make connections to the folder, and close them after the test."""
    connections = []

    def connect(**options):
        connection = kombu.Connection(f"eaglet://{path}", **options)
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
    """Forget what this process remembers of folders, as if it were another."""

    def forget():
        monkeypatch.setattr(queue_folder, "_seen", set())

    return forget
