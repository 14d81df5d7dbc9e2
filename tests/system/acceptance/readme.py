"""The code in the README, by the file it says it belongs to."""

from __future__ import annotations

import re
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[3]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(name: str, language: str) -> list[str]:
    """The code blocks of a README that are in a language."""
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    return [block for found, block in _BLOCK.findall(text) if found == language]


def python_files(name: str) -> dict[str, str]:
    """The Python blocks of a README, by the comment in their first line."""
    return {block.partition("\n")[0].removeprefix("# "): block for block in blocks(name, "python")}
