"""Tell which folders hold more than 15 modules beside `__init__`; exit with 1 if any does."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

MOST: Final = 15


def main() -> int:
    """Count the modules of each folder that git knows of."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],  # noqa: S607
        cwd=Path(__file__).parents[1],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    modules = {path for path in listed if not path.endswith("__init__.py")}
    folders = Counter(str(Path(path).parent) for path in modules)
    full = {folder: count for folder, count in folders.items() if count > MOST}
    for folder, count in sorted(full.items()):
        print(f"{folder}: {count} modules; at most {MOST} stand in one folder")
    return int(bool(full))


if __name__ == "__main__":
    sys.exit(main())
