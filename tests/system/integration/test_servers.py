"""`python -m tests.system.servers`: what it starts ends with it, and may be another root's."""

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.servers.server import temporary_folder

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    # Without servers these are skipped as others are: they may have to be installed.
    pytest.mark.usefixtures("redis_server"),
]

# Of this machine, wherever the tests have theirs from.
COMMAND = [sys.executable, "-m", "tests.system.servers", "--root", "/", "--only", "redis"]


@contextmanager
def started(*options):
    """The starter of a Redis, and the URL of that."""
    # A starter that is killed before it has noted what it has just started leaves that behind.
    program = "sleep 1; echo $EAGLET_TEST_REDIS_URL; sleep 600"
    command = [*COMMAND, *options, "--", "sh", "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        try:
            url = next(line for line in starter.stdout if line.startswith("redis://"))
            yield starter, url.strip()
        finally:
            starter.send_signal(signal.SIGINT)


def config(url, name):
    redis = pytest.importorskip("redis")
    with redis.Redis.from_url(url) as client:
        return client.config_get(name)[name]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ending_the_starter_ends_the_server_and_removes_its_folder(number):
    redis = pytest.importorskip("redis")
    with started() as (starter, url):
        folder = Path(config(url, "dir"))
        assert folder.is_dir()
        starter.send_signal(number)
        # The last to end, after a kill, is what has this pipe too.
        starter.stdout.read()
    for _ in range(100):
        if not folder.exists():
            break
        signal.sigtimedwait([], 0.1)
    assert not folder.exists()
    with redis.Redis.from_url(url) as client, pytest.raises(redis.ConnectionError):
        client.ping()


def test_the_exit_code_is_that_of_the_command():
    assert subprocess.run([*COMMAND, "--", "sh", "-c", "exit 7"], check=False).returncode == 7


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may use chroot")
def test_a_server_may_be_one_of_another_root_folder():
    root = temporary_folder("root")
    try:
        program = shutil.which("valkey-server") or shutil.which("redis-server")
        libraries = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
        (root / "tmp").mkdir()
        for file in {program, *re.findall(r"/\S+", libraries.stdout)}:
            (root / file[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / file[1:])
        with started("--root", str(root)) as (_, url):
            # As the server sees it.
            folder = config(url, "dir")
            assert (root / folder[1:]).is_dir()
            assert not Path(folder).exists()
        assert not any((root / "tmp").iterdir())
    finally:
        shutil.rmtree(root)
