"""Run the tests against the installed package, from a copy of the checkout without its source.

    python -I scripts/test_installed.py FOLDER [argument of pytest …]

In the checkout itself `import eaglet` would find the source beside the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


def main(folder: str, *arguments: str) -> int:
    """Copy, and run pytest there; its exit code."""
    copy = Path(folder).resolve() / "checkout"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(CHECKOUT, copy, ignore=_left_out)
    command = [sys.executable, "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *arguments]
    finished = subprocess.run(command, cwd=copy, env={**os.environ}, check=False)
    return finished.returncode


def _left_out(folder: str, names: list[str]) -> set[str]:
    hidden = {name for name in names if name.startswith(".") and name != ".gitignore"}
    built = {"__pycache__", "build", "dist"} | {n for n in names if n.endswith(".egg-info")}
    return hidden | built | ({"eaglet"} if Path(folder) == CHECKOUT else set())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
