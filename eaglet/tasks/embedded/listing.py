"""The names of a queue's messages, as last listed."""

from __future__ import annotations

import os
import time
from typing import Final

_FRESH_SECONDS: Final = 1.0
# Listing is to take no more than a fiftieth of the time.
_COST_FACTOR: Final = 50


class ReadyListing:
    """The names of the files in one folder, in order, without listing it for each.

    Names may be those of files that others have taken meanwhile. What came since is seen when
    the names run out, or the listing is old.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        # The first one last, where it is cheap to take.
        self._names: list[str] = []
        self._listed_at = 0.0
        self._fresh_for = 0.0

    def take_first(self) -> str | None:
        """The first name, which is then off the list; None when the folder is empty or missing."""
        if not self._names or time.monotonic() - self._listed_at > self._fresh_for:
            self._list()
        return self._names.pop() if self._names else None

    def put_first(self, name: str) -> None:
        """Put a name at the front."""
        self._names.append(name)

    def _list(self) -> None:
        started = time.monotonic()
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            names = []
        self._names = [name for name in names if not name.startswith(".")]
        self._names.sort(reverse=True)
        self._listed_at = time.monotonic()
        self._fresh_for = max(_FRESH_SECONDS, _COST_FACTOR * (self._listed_at - started))
