"""Node, which the stand-in for MongoDB runs on; it is only installed here."""

from __future__ import annotations

import shutil


class Node:
    """The interpreter, and its package manager."""

    name = "node"
    packages = ("nodejs", "npm")

    @classmethod
    def is_installed(cls) -> bool:
        """Whether both are there."""
        return shutil.which("node") is not None and shutil.which("npm") is not None
