"""Installing what is missing with Debian's package manager, without starting it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .server import MACHINE, ServerFailed, find

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
    """What Debian has packages of: a kind of server, or a `Tool`."""

    name: str
    packages: tuple[str, ...]

    def is_installed(self) -> bool:
        """Tell whether its programs are there."""


@dataclass(frozen=True)
class Tool:
    """What tests start by themselves, and is only installed here."""

    name: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]

    def is_installed(self) -> bool:
        """Tell whether its programs, and other files, are there."""
        return all(find(MACHINE, program) for program in self.programs)


FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"
CHROMIUM = Tool("chromium", ("chromium", "fonts-noto-cjk"), ("chromium", FONT))


def provide(wanted: Sequence[Installable]) -> None:
    """Install the packages that are missing; ServerFailed if that can't be done."""
    missing = [each for each in wanted if not each.is_installed()]
    if not missing:
        return
    packages = [package for each in missing for package in each.packages]
    names = ", ".join(each.name for each in missing)
    by_hand = f"not installed: {names}. Install them: apt-get install {' '.join(packages)}"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ServerFailed(by_hand)
    print(f"servers: installing {' '.join(packages)}", flush=True)
    with _nothing_is_started():
        finished = _run(*_INSTALL, *packages)
        if finished.returncode != 0:
            # Most often the lists are missing, or older than what the mirror still has.
            _run("apt-get", "update", "--quiet")
            finished = _run(*_INSTALL, *packages)
    if finished.returncode != 0 or not all(each.is_installed() for each in missing):
        raise ServerFailed(f"{by_hand}\nIt failed with:\n{finished.stdout}")


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
