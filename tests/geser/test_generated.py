"""What geser writes passes its own tests, and ruff and mypy, as it is."""

import importlib.util
import sys

import pytest

from eaglet import __version__
from tests.geser.generated import BIN, Generated, geser, run

pytestmark = pytest.mark.slow

EVERY_TYPE = (
    "a", "?b:str", "c:int", "?d:float", "e:bool", "?f:json", "g:decimal", "?h:date", "i:datetime",
    "?j:list",
)  # fmt: skip


NAMES = ["m", "a23456789_123456789_123456789_"]
"""Of services, resources, tasks and parameters: as short and as long as can be."""


@pytest.fixture(scope="module")
def services(tmp_path_factory):
    """Services with resources and tasks added, by name."""
    made = {name: Generated.make(name, tmp_path_factory.mktemp("generated")) for name in NAMES}
    for name, service in made.items():
        for arguments in (
            ["resource", f"{name}.{name}", "--methods", "get", "post", "--params", *EVERY_TYPE],
            ["resource", "mall.ship_info"],
            ["resource", "mall.x", "--methods", "put,patch,delete", "--params", "id:int", "?n"],
            ["resource", "mall.open", "--public", "--params", f"{name}:int", f"?{name}x:int"],
            ["resource", "mall.bare", "--public"],
            ["task", name],
            ["task", "services.mall.tasks.paid"],
            ["event", f"{name[:17]}.{name[:17]}"],
            ["event", "points"],
            ["subscriber", f"{name[:17]}.{name[:17]}"],
            ["subscriber", "points.#"],
        ):
            geser("add", *arguments, cwd=service.folder)
    return made


def test_the_command_is_installed(tmp_path):
    assert run(str(BIN / "geser"), "--version", cwd=tmp_path).stdout == f"eaglet {__version__}\n"


def needs(*tools):
    if not all(importlib.util.find_spec(tool) for tool in tools):
        pytest.skip(f"needs {' and '.join(tools)}: the dependency group `lint`")


# What a developer may have there: each would change what a test sees.
ENV = """
ENABLE_API_AUTH=true
APP_KEY=a
APP_SECRET=b
EAGLET_SERVICES='{"card": {"HOST": "http://127.0.0.1:9", "TIMEOUT_SECONDS": "soon"}}'
CELERY_BROKER_URL=amqp://127.0.0.1:9//
DATABASE_URL=postgres://127.0.0.1:9/nothing
REDIS_URL=redis://127.0.0.1:9/0
EAGLET_TOKEN_IN_PARAMETER=true
"""
CALLS = """
from eaglet.client import Resource

def test_a_call(fake_services):
    fake_services.answers("card", "card.trade", data=7)
    call = {"resource": "card.trade", "data": {}}
    assert Resource.use("card", raise_errors=True).post(call)["data"] == 7
    assert fake_services.token_requests == []
"""


def test_its_own_tests_pass_without_a_broker_whatever_stands_in_its_env_file(services):
    folder = services["m"].folder
    (folder / "tests/test_call.py").write_text(CALLS)
    kept = (folder / ".env").read_text()
    (folder / ".env").write_text(kept + ENV)
    # Django leaves a database in memory open, which Python 3.13 notices.
    strict = ["-W", "error", "-W", "ignore::ResourceWarning"]
    printed = services["m"].run(sys.executable, *strict, "-m", "pytest", "-q")
    assert "passed" in printed
    assert "skipped" not in printed
    (folder / ".env").write_text(kept)
    (folder / "tests/test_call.py").unlink()


def test_style_is_as_it_should_be_however_short_the_names(services):
    needs("ruff")
    services["m"].run("ruff", "check", ".")
    services["m"].run("ruff", "format", "--check", ".")


def test_its_ci_script_finds_nothing_however_long_the_names(services):
    needs("mypy", "mypy_django_plugin", "ruff")
    printed = services[NAMES[-1]].run(".ci/run")
    for found in ("All checks passed", "Success: no issues", "No changes detected", " passed in "):
        assert found in printed


def test_with_debug_off_only_the_embedded_broker_is_warned_of(services):
    service = services["m"].with_variables(DEBUG="false")
    service.with_variables(CELERY_BROKER_URL="memory://").manage("check", "--fail-level", "WARNING")
    done = run(sys.executable, "manage.py", "check", cwd=service.folder, **service.variables)
    assert done.returncode == 0
    assert "eaglet_tasks.W001" in done.stderr
