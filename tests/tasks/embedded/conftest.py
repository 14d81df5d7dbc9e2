import kombu
import pytest

import eaglet.tasks  # noqa: F401 - it makes `eaglet://` known to kombu
from eaglet.tasks.embedded import database
from tests.tasks.processes import Started


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


class Processes(Started):
    """Publishers, consumers and Celery workers over one queue folder, and what they record."""

    def __init__(self, folder):
        self._record = folder / "record"
        self._record.touch()
        queue_folder = str(folder / "queue")
        record = str(self._record)
        super().__init__(folder, EAGLET_TEST_QUEUE_FOLDER=queue_folder, EAGLET_TEST_RECORD=record)

    def publisher(self, first, end):
        return self.program("tests.tasks.embedded.program", "publish", str(first), str(end))

    def consumer(self):
        return self.program("tests.tasks.embedded.program", "consume")

    def worker(self, *options, concurrency=2, name="w1", wait=True):
        named = f"--concurrency={concurrency}", f"--hostname={name}@test"
        return self.celery_worker("tests.tasks.embedded.worker_app", *named, *options, wait=wait)

    def recorded(self):
        """Return what was written to the record, line by line."""
        return self._record.read_text().split()


@pytest.fixture
def processes(tmp_path):
    """Start processes, and end them after the test, whatever it came to."""
    with Processes(tmp_path) as processes:
        yield processes


@pytest.fixture
def another_process(monkeypatch):
    """Forget the databases that this process has used, as if it were another."""
    return lambda: monkeypatch.setattr(database, "_databases", {})
