"""Run a command among the newest interpreters and servers: in Debian's unstable suite.

    python scripts/newest.py COMMAND …   in that root folder
    python scripts/newest.py             print where it is

debootstrap makes the folder once, and again when PACKAGES change, from the mirror that this
machine's own apt uses; it is kept in the user's cache. The command runs there as root, with this
checkout, the network and the processes of the machine; its mounts end with it. A machine that
can't do this skips the command and says why; with EAGLET_NEWEST=required it fails.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "eaglet"
SUITE = "sid"
PACKAGES = (
    "python3.14-venv",
    "python3.15-venv",
    "rabbitmq-server",
    "valkey-server",
    "postgresql-18",
    "postgresql-18-documentdb",
    "curl",
    "git",
    "make",
    "tzdata",
)
INSTALL = "apt-get install --yes --no-install-recommends"
MADE_FROM = hashlib.sha256(repr((SUITE, PACKAGES, INSTALL)).encode()).hexdigest()[:12]
ROOT = CACHE / f"newest-{MADE_FROM}"
SKIPPED = 77
"""The exit code of what can't be done here, as automake has it."""
# What a machine reaches its registries by, and what pip has fetched before.
LENT = (
    "/etc/hosts",
    "/etc/pip.conf",
    "/etc/resolv.conf",
    "/etc/ssl",
    "/etc/xdg/pip",
    "/tmp",  # noqa: S108 - the machine's own
    str(Path.home() / ".cache/pip"),
    str(Path.home() / ".config/pip"),
    str(CHECKOUT),
)
MOUNT = """
set -e
cd "$1"; shift
for path in /proc /sys /dev; do mount --rbind "$path" ".$path"; done
while [ "$1" != -- ]; do
    if [ -d "$1" ]; then mkdir -p ".$1"; else mkdir -p ".${1%/*}"; [ -e ".$1" ] || touch ".$1"; fi
    mount --bind "$1" ".$1"
    shift
done
shift
exec chroot . /bin/sh -c 'cd "$0" && exec "$@"' "$@"
"""


class CannotMake(Exception):
    """This machine can't make the folder, or can't enter it."""


def main(*command: str) -> int:
    """Run the command there; its exit code, or SKIPPED if that can't be done and need not be."""
    try:
        _provide()
    except CannotMake as error:
        required = os.environ.get("EAGLET_NEWEST") == "required"
        print(f"newest: {'FAILED' if required else 'skipped'}: {error}", file=sys.stderr)
        return 1 if required else SKIPPED
    if not command:
        print(ROOT)
        return 0
    environment = {**os.environ, "PATH": "/usr/sbin:/usr/bin", "LANG": "C.UTF-8"}
    lent = [path for path in LENT if Path(path).exists()]
    return subprocess.run(
        _inside(lent, CHECKOUT, *command), env=environment, check=False
    ).returncode


def _inside(lent: list[str], folder: Path, *command: str) -> list[str]:
    # The mounts are nobody else's, so nothing is left to unmount, or to delete by mistake.
    unshare = ["unshare", "--mount", "--propagation", "private"]
    return [*unshare, "sh", "-c", MOUNT, "newest", str(ROOT), *lent, "--", str(folder), *command]


def _provide() -> None:
    if os.geteuid() != 0:
        raise CannotMake("only root can make and enter another root folder")
    if shutil.which("apt-get") is None or shutil.which("unshare") is None:
        raise CannotMake("needs Debian's apt-get and unshare")
    _run("unshare", "--mount", "true")
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "newest.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = ROOT / "made"
        if not stamp.exists():
            for outdated in CACHE.glob("newest-*"):
                shutil.rmtree(outdated)
            _make()
            stamp.touch()


def _make() -> None:
    mirror = _mirror()
    print(f"newest: making {ROOT} from {mirror}", file=sys.stderr)
    if shutil.which("debootstrap") is None:
        # Another may be installing something.
        _run(*INSTALL.split(), "--option=DPkg::Lock::Timeout=300", "debootstrap")
    _run("debootstrap", "--variant=minbase", SUITE, str(ROOT), mirror)
    # A proxy, say.
    (ROOT / "etc/apt/apt.conf.d/99machine").write_text(_run("apt-config", "dump", "Acquire"))
    (ROOT / "etc/resolv.conf").write_bytes(Path("/etc/resolv.conf").read_bytes())
    # Debian's way of keeping packages from starting what they install.
    policy = ROOT / "usr/sbin/policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    # A folder that can be made again need not survive a power failure.
    (ROOT / "etc/dpkg/dpkg.cfg.d/fast").write_text("force-unsafe-io\n")
    _run(*_inside([], Path("/"), *INSTALL.split(), *PACKAGES))
    _run(*_inside([], Path("/"), "apt-get", "clean"))


def _mirror() -> str:
    """Where apt gets Debian's main archive from."""
    form = "$(REPO_URI) $(COMPONENT)"
    listed = _run("apt-get", "indextargets", "--format", form, "Created-By: Packages")
    for line in listed.splitlines():
        address, _, component = line.partition(" ")
        if component == "main" and "security" not in address:
            return address
    raise CannotMake("apt's sources name no mirror of Debian")


def _run(*command: str) -> str:
    finished = subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        end = "\n".join(finished.stdout.splitlines()[-10:])
        raise CannotMake(f"{command[0]} failed with exit code {finished.returncode}:\n{end}")
    return finished.stdout


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
