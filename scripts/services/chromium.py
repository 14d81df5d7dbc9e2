"""Chromium, which tests start by themselves; it is only installed here."""

from __future__ import annotations

import shutil
from pathlib import Path


class Chromium:
    """A browser, and a font with Chinese characters."""

    name = "chromium"
    packages = ("chromium", "fonts-noto-cjk")

    @classmethod
    def is_installed(cls) -> bool:
        """Whether its program and the font are there."""
        font = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
        return shutil.which("chromium") is not None and font.exists()
