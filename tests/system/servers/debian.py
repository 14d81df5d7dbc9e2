"""Installing what is missing with Debian's package manager, without starting it."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from .server import ServerFailed

_POLICY = Path("/usr/sbin/policy-rc.d")
_INSTALL = ("install", "--yes", "--no-install-recommends", "--option=DPkg::Lock::Timeout=300")


def provide(missing: Mapping[str, Sequence[str]]) -> None:
    """Install the packages of what is missing, by its name. Raises ServerFailed."""
    if not missing:
        return
    packages = [package for each in missing.values() for package in each]
    by_hand = f"not installed: {', '.join(missing)}; apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerFailed(by_hand)
    print(f"servers: installing {' '.join(packages)}", flush=True)
    with _nothing_is_started():
        finished = _apt_get(*_INSTALL, *packages)
        if finished.returncode != 0:
            # Most often the lists are missing, or older than what the mirror still has.
            _apt_get("update", "--quiet")
            finished = _apt_get(*_INSTALL, *packages)
    if finished.returncode != 0:
        raise ServerFailed(f"{by_hand}\nIt failed with:\n{finished.stdout}")


@contextmanager
def _nothing_is_started() -> Iterator[None]:
    """Keep packages from starting what they install, the way Debian provides for that.

    Where there is a policy, as in images of containers, that decides.
    """
    if _POLICY.exists():
        yield
        return
    try:
        _POLICY.write_text("#!/bin/sh\nexit 101\n")
        _POLICY.chmod(0o755)
        yield
    finally:
        _POLICY.unlink()


def _apt_get(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["apt-get", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
