"""`geser update`: merge what the templates have changed into the files of a service.

Three texts of each file are compared: what geser wrote (kept in `.geser.json`), what it would
write now, and what stands there. `git merge-file` merges them, as git merges branches.
"""

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from eaglet import __version__
from eaglet.geser import manifest
from eaglet.geser.errors import GeserError
from eaglet.geser.files import link_on_the_way, read_text
from eaglet.geser.manifest import read_manifest
from eaglet.geser.new import service_files

_LABELS: Final = ("yours", "as geser wrote it", "the template now")


@dataclass(frozen=True)
class Change:
    """Describe what an update does to one file.

    Attributes:
        path: of the file, from the service's folder.
        what: for people to read.
        text: what is to stand there; None: the file goes.
        touches: whether anything is done to the file at all.
        conflicts: whether somebody has to decide what stands between markers.
    """

    path: str
    what: str
    text: str | None = None
    touches: bool = True
    conflicts: bool = False


def update(service: Path, *, force: bool = False) -> list[Change]:
    """Merge what the templates changed into a service; return what was done, file by file.

    Raises GeserError, before anything is written, if geser is older than what wrote the service,
    and unless `force` if git has no committed state of it to go back to. Symbolic links are left
    alone, and files that end their lines with CR LF keep doing so.
    """
    kept = read_manifest(service)
    if _release(kept.template) > _release(__version__):
        raise GeserError(
            f"the service was written by eaglet {kept.template}, and this is {__version__}: "
            "install a newer one"
        )
    if not force:
        _refuse_uncommitted(service)
    written = service_files(kept.answers)
    changes = [
        change
        for path in sorted({*written, *kept.written})
        if (change := _change(service, path, kept.written.get(path), written.get(path)))
    ]
    for change in changes:
        if change.touches:
            _write(service / change.path, change.text)
    renewed = replace(kept, written=written, template=__version__)
    if renewed != kept:
        _write(service / manifest.FILE, renewed.text())
    return changes


def _change(service: Path, path: str, before: str | None, after: str | None) -> Change | None:
    if before == after:
        return None
    if link := link_on_the_way(service, path):
        return Change(path, f"left alone: {link} is a symbolic link", touches=False)
    found = read_text(service, path)
    present = found and found.replace("\r\n", "\n")
    if present == after:
        return None
    if before is None:
        if present is None:
            return Change(path, "added", after)
        return Change(path, "left alone: the template has one too, now", touches=False)
    if after is None:
        if present == before:
            return Change(path, "removed: the template has it no more")
        return Change(path, "left alone: the template has it no more", touches=False)
    if present is None:
        return Change(path, "left away, as you did; the template has changed it", touches=False)
    merged, conflicts = _merge(present, before, after)
    if found != present:
        merged = merged.replace("\n", "\r\n")
    if conflicts:
        return Change(path, "CONFLICTS: see <<<<<<< in it", merged, conflicts=True)
    return Change(path, "changed", merged)


def _merge(*texts: str) -> tuple[str, bool]:
    """Merge yours, the text both come from, and the template's; whether there are conflicts."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / str(number) for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_bytes(text.encode())
        labels = [part for label in _LABELS for part in ("-L", label)]
        done = _git("merge-file", "--stdout", *labels, *map(str, files))
    if not 0 <= done.returncode < 128:
        raise GeserError(f"git merge-file failed: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(), done.returncode > 0


def _refuse_uncommitted(service: Path) -> None:
    done = _git("-C", str(service), "status", "--porcelain", "--", ".")
    if done.returncode != 0:
        raise GeserError(f"{service} is in no git repository to go back to; --force does without")
    if done.stdout.strip():
        raise GeserError("there are changes that are not committed: commit them, or give --force")


def _git(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    git = shutil.which("git")
    if git is None:
        raise GeserError("git does the merging, and is not installed")
    # The folder's own configuration may name programs that git would run.
    safe = ("-c", "core.fsmonitor=false", "-c", "safe.bareRepository=explicit")
    return subprocess.run([git, *safe, *arguments], capture_output=True, check=False)  # noqa: S603


def _write(file: Path, text: str | None) -> None:
    if text is None:
        file.unlink()
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
