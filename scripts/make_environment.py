"""Make a virtual environment once, and again when what it was made from has changed.

    python scripts/make_environment.py .venv --editable . --group lint
    python scripts/make_environment.py .tox/launcher 'tox>=4.25'

Several may run at the same time: one makes the environment, the others wait for it. Prints how far
it has come, and nothing where there is one already.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
MADE_FROM = ("pyproject.toml", "setup.py", "scripts/make_environment.py")
TELLING_SECONDS = 2


class InstallFailed(Exception):
    """A command failed; what it printed is in the text."""


def main() -> int:
    """Make the environment if there is none, or not that one."""
    if sys.version_info < OLDEST:
        print(f"eaglet needs Python 3.11 or later, and {sys.executable} is {sys.version}")
        return 1
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--editable", action="append", default=[])
    parser.add_argument("--group", action="append", default=[])
    parser.add_argument("requirements", nargs="*")
    options = parser.parse_args()
    folder: Path = options.folder.absolute()
    wanted = [
        *options.requirements,
        *(part for path in options.editable for part in ("--editable", path)),
        *(part for group in options.group for part in ("--group", group)),
    ]
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = folder / "made-from"
        fingerprint = _fingerprint(folder, wanted)
        if stamp.exists() and stamp.read_text() == fingerprint:
            return 0
        print(f"Making {options.folder}, once: it takes a minute or two.", flush=True)
        try:
            _make(folder, wanted)
        except InstallFailed as error:
            print(error)
            return 1
        stamp.write_text(fingerprint)
    return 0


def _make(folder: Path, wanted: list[str]) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    _run(sys.executable, "-m", "venv", str(folder))
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install"]
    # Dependency groups came with pip 25.1.
    _run(*pip, "pip>=25.1")
    # Python compiles what is used when it is used.
    _run(*pip, "--no-compile", *wanted)


def _run(*command: str) -> None:
    """Run a command, and print what it is about every other second."""
    printed, told_at = [], time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as running:
        for line in running.stdout or ():
            printed.append(line)
            if line[:1].strip() and time.monotonic() - told_at > TELLING_SECONDS:
                told_at = time.monotonic()
                print(f"  {line.strip()[:100]}", flush=True)
    if running.returncode != 0:
        raise InstallFailed(f"{' '.join(command)} failed:\n{''.join(printed)}")


def _fingerprint(folder: Path, wanted: list[str]) -> str:
    """What an environment is made from: also where it is, as it can't be moved."""
    made = hashlib.sha256()
    for part in (str(folder), sys.base_prefix, sys.version, *wanted):
        made.update(part.encode() + b"\0")
    for name in MADE_FROM:
        made.update(Path(name).read_bytes() + b"\0")
    return made.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
