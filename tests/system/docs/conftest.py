import shutil
from urllib.parse import urlsplit

import pytest

from tests.geser.generated import Generated
from tests.system.docs.player import Player
from tests.system.servers.fixtures import postgresql, rabbitmq, redis_server  # noqa: F401 - fixtures


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
    for command in ("bash", "curl", "git"):
        if shutil.which(command) is None:
            pytest.skip(f"needs {command}, as readers of the pages do")

    def play(page, scenario, blocks, **options):
        Player(page, scenario, tmp_path, service, **options).play(blocks)

    return play


@pytest.fixture
def servers(postgresql, rabbitmq, redis_server):  # noqa: F811
    """URLs of running servers by their scheme, with a database of their own."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS docs_member_service WITH (FORCE)")
        connection.execute("CREATE DATABASE docs_member_service")
    database = urlsplit(postgresql.url)._replace(scheme="postgres", path="/docs_member_service")
    yield {"postgres": database.geturl(), "amqp": rabbitmq.url, "redis": redis_server.url}
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS docs_member_service WITH (FORCE)")
