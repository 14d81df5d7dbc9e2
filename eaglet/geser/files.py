"""Read and write the files of a service, and nothing outside of its folder."""

import os
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from eaglet.geser.errors import GeserError

EXECUTABLE = ("#!",)
"""How the text of a program begins."""


def check_path(path: str) -> None:
    """Raise GeserError unless it is a plain path inside a service, outside of its `.git`."""
    parts = PurePosixPath(path).parts
    if (
        str(PurePosixPath(*parts)) != path
        or not parts
        or {"..", "/", "//"} & {*parts}
        or parts[0].lower() == ".git"
        or not path.isprintable()
        or "\\" in path
    ):
        raise GeserError(f"{path!r} is no path of a file in a service")


def link_on_the_way(folder: Path, path: str) -> str | None:
    """Return the first part of a path inside a folder that is a symbolic link, if one is."""
    parts = PurePosixPath(path).parts
    partial = ("/".join(parts[: length + 1]) for length in range(len(parts)))
    return next((part for part in partial if (folder / part).is_symlink()), None)


def read_text(folder: Path, path: str) -> str | None:
    """Read a regular file; None if it is not there, GeserError if it can't be read."""
    file = folder / path
    if link := link_on_the_way(folder, path):
        raise GeserError(f"{link} is a symbolic link, and not followed")
    try:
        if file.exists() and not file.is_file():
            raise GeserError(f"{file} is no regular file")
        return file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise GeserError(f"{file} can't be read: {error}") from error


def write_new(folder: Path, files: Mapping[str, str], private: tuple[str, ...] = ()) -> None:
    """Write files that are not there yet; those that are `private` can be read by the owner only.

    Raises GeserError, before the first is written, if one is there or a symbolic link leads to it.
    If writing fails, the files written so far are removed.
    """
    taken = [path for path in files if os.path.lexists(folder / path)]
    if taken:
        raise GeserError(f"{', '.join(taken)}: there already, and not overwritten")
    for path in files:
        if link := link_on_the_way(folder, path):
            raise GeserError(f"{link} is a symbolic link, and not followed")
    written: list[Path] = []
    try:
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            # 0o777 and 0o666 are narrowed by the umask, as for any other file.
            mode = 0o600 if path in private else 0o777 if text.startswith(EXECUTABLE) else 0o666
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            written.append(target)
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as opened:
                opened.write(text)
    except BaseException:
        for target in written:
            target.unlink(missing_ok=True)
        raise
