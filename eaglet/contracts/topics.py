"""Match names of events with patterns, as a topic exchange does (AMQP 0-9-1 §3.1.3.3)."""

import re
from functools import lru_cache
from typing import Final

EXCHANGE: Final = "eaglet.events"
"""The topic exchange that events are published to."""

WILDCARDS: Final = {"*": r"\.[^.]+", "#": r"(?:\.[^.]+)*"}
"""One word, and any number of words, 0 among them; each as a regular expression."""


def matches(pattern: str, name: str) -> bool:
    """Return whether an event of that name is one of the pattern."""
    return _compiled(pattern).fullmatch(f".{name}") is not None


@lru_cache(1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    words = pattern.split(".")
    return re.compile("".join(WILDCARDS.get(word, rf"\.{re.escape(word)}") for word in words))
