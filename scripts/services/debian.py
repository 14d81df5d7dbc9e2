"""Installing what is missing with Debian's package manager, without starting it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .failures import ServiceFailed

_POLICY = Path("/usr/sbin/policy-rc.d")
_DENIED = 101
_INSTALL = (
    "apt-get",
    "install",
    "--yes",
    "--no-install-recommends",
    "--option=DPkg::Lock::Timeout=300",
)


class Installable(Protocol):
    """What Debian has packages of."""

    name: str
    packages: Sequence[str]

    def is_installed(self) -> bool:
        """Whether its programs are there."""


def provide(services: Sequence[Installable]) -> None:
    """Install the packages of services that are missing; ServiceFailed if that can't be done."""
    missing = [service for service in services if not service.is_installed()]
    if not missing:
        return
    packages = [package for service in missing for package in service.packages]
    names = ", ".join(service.name for service in missing)
    by_hand = f"not installed: {names}. Install them: apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServiceFailed(by_hand)
    print(f"services: installing {' '.join(packages)}", flush=True)
    with _nothing_is_started():
        finished = _run(*_INSTALL, *packages)
        if finished.returncode != 0:
            # Most often the lists are missing, or older than what the mirror still has.
            _run("apt-get", "update", "--quiet")
            finished = _run(*_INSTALL, *packages)
    left = [service.name for service in missing if not service.is_installed()]
    if finished.returncode != 0 or left:
        raise ServiceFailed(f"{by_hand}\nIt failed with:\n{finished.stdout}")


@contextmanager
def _nothing_is_started() -> Iterator[None]:
    """Keep packages from starting what they install, the way Debian provides for that."""
    if _denies():
        yield
        return
    aside = _POLICY.with_name(f"{_POLICY.name}.before-eaglet")
    if _POLICY.exists():
        _POLICY.rename(aside)
    try:
        _POLICY.write_text(f"#!/bin/sh\nexit {_DENIED}\n")
        _POLICY.chmod(0o755)
        yield
    finally:
        _POLICY.unlink(missing_ok=True)
        if aside.exists():
            aside.rename(_POLICY)


def _denies() -> bool:
    """Whether the machine forbids it already, as images of containers do."""
    if not os.access(_POLICY, os.X_OK):
        return False
    asked = subprocess.run([str(_POLICY), "any", "start"], capture_output=True, check=False)
    return asked.returncode == _DENIED


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
