"""Rates, as settings spell them: `600/min`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from django.core.exceptions import ImproperlyConfigured

_SECONDS: Final = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "hour": 3600, "day": 86400}
_RATE: Final = re.compile(r"([1-9][0-9]{0,8})/([a-z]+)")


@dataclass(frozen=True)
class Rate:
    """So many in so many seconds."""

    count: int
    seconds: int


@lru_cache(maxsize=32)
def parse_rate(text: str | None) -> Rate | None:
    """The rate a setting spells; None is none. Raises ImproperlyConfigured for anything else."""
    if text is None:
        return None
    match = _RATE.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] not in _SECONDS:
        raise ImproperlyConfigured(
            f"{text!r} is no rate: write '600/min', with one of {', '.join(_SECONDS)}, or None"
        )
    return Rate(int(match[1]), _SECONDS[match[2]])
