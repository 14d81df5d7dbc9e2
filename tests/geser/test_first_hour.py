"""From an empty folder to two services that talk, a task and passing tests, in ten commands."""

import sys

import pytest

from demo.roles import is_healthy
from tests.geser.generated import BIN, outer_environment
from tests.geser.test_dev import until_true
from tests.system.docs.player import HERE
from tests.system.docs.shell import Shell
from tests.system.servers.ports import free_port

pytestmark = pytest.mark.slow

CALL = (
    'from eaglet.client import Resource; print(Resource.use("member").post('
    '{"resource": "member.greeting", "data": {"name": "Ada"}}))'
)
TYPED = (
    "python3 -m venv .venv && . .venv/bin/activate",
    "pip install git+https://HOST/eaglet.git",
    "geser new member_service && geser new mall_service && cd member_service",
    "pip install -r requirements-dev.txt",
    "python manage.py migrate && python manage.py create_app m --everything > ../mall_service/key",
    "python manage.py dev 8000 > dev.log 2>&1 &",
    "cd ../mall_service && python manage.py migrate && cat key >> .env && printf '%s\\n' "
    """ENABLE_API_AUTH=true 'EAGLET_SERVICES={"member": {"HOST": "http://127.0.0.1:8000"}}' """
    ">> .env",
    f"python manage.py shell -c '{CALL}'",
    "grep 'Ada was greeted' ../member_service/dev.log",
    "pytest",
)


def test_ten_commands_in_one_terminal(tmp_path):
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    (tmp_path / "work").mkdir()
    path = f"{HERE / 'commands'}:{BIN}:{outer_environment()['PATH']}"
    environment = {**outer_environment(), "HOME": str(home), "PATH": path}
    printed = []
    with Shell(tmp_path / "work", tmp_path, {**environment, "TEST_PYTHON": sys.executable}) as bash:
        for command in TYPED:
            if command.startswith("grep"):
                log = tmp_path / "work/member_service/dev.log"
                until_true(lambda log=log: "Ada was greeted" in log.read_text())
            printed.append(bash.run(command.replace("8000", str(port))))
            if "dev 8000" in command:
                until_true(lambda: is_healthy(f"http://127.0.0.1:{port}"))
    assert "'times': 1" in printed[-3]
    assert " passed in " in printed[-1]
    assert len(TYPED) <= 10
