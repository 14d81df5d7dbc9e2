"""Start the stand-in for a MongoDB server: a test aid that speaks its wire protocol.

Written for the tests because no server can be installed from the package registries, and a short
look found no Python package known to serve Django's backend. Run as
`python -m tests.mongo.stand_in FOLDER` it installs what the stand-in needs into FOLDER, by npm.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("stand_in.js")
FOLDER = Path(os.environ.get("EAGLET_TEST_MONGO_STAND_IN_FOLDER") or Path(sys.prefix) / "stand-in")
PACKAGES = ("mingo@7.2.7", "bson@7.3.4")


def missing() -> str:
    """What keeps the stand-in from running; empty: nothing does."""
    if shutil.which("node") is None:
        return "needs EAGLET_TEST_MONGO_URL, or Node for the stand-in, and there is neither"
    if not all((FOLDER / "node_modules" / name.split("@")[0]).is_dir() for name in PACKAGES):
        return "needs EAGLET_TEST_MONGO_URL, or `python -m tests.mongo.stand_in` run before"
    return ""


def require() -> None:
    """Skip a test without it; fail, where all that tests need was to be there."""
    if reason := missing():
        (pytest.fail if os.environ.get("EAGLET_TEST_SERVICES") else pytest.skip)(reason)


def start(port: int = 0) -> "tuple[subprocess.Popen[str], int]":
    """Start it, on a free port unless one is named; returns its process and the port."""
    process = subprocess.Popen(
        ["node", str(SCRIPT), str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NODE_PATH": str(FOLDER / "node_modules")},
    )
    told = process.stdout.readline()
    if not told.strip():
        raise RuntimeError("the stand-in did not start")
    return process, int(told)


def stop(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.wait(timeout=10)
    process.stdin.close()
    process.stdout.close()


if __name__ == "__main__":
    if shutil.which("npm") is None:
        sys.exit("the stand-in for MongoDB needs Node and npm: apt-get install nodejs npm")
    FOLDER.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--silent", "--no-audit", "--prefix", str(FOLDER), *PACKAGES]
    sys.exit(subprocess.run(command, check=False).returncode)
