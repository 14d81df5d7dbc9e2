"""Writing files: all of them or none, and none in place of one that is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from eaglet.geser.errors import Refusal

EXECUTABLE = ("#!",)
"""How the text of a program begins."""


def write_new(folder: Path, files: Mapping[str, str], private: tuple[str, ...] = ()) -> None:
    """Write files that are not there yet; those that are `private` can be read by the owner only.

    Refuses, before the first is written, if one is there. What could not be written to the end is
    taken away again.
    """
    taken = [path for path in files if os.path.lexists(folder / path)]
    if taken:
        raise Refusal(f"{', '.join(taken)}: there already, and not overwritten")
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
