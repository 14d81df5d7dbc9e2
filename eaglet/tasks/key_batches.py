"""Primary keys, a statement's worth at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def in_batches(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Give them 500 at a time: some databases take no more than 999 parameters in a statement."""
    return (keys[start : start + 500] for start in range(0, len(keys), 500))
