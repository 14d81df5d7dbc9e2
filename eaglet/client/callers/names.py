"""Names for what a document calls as it likes: Python identifiers, each once."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

BUILTINS: Final = frozenset(dir(builtins))
_NO_PART = re.compile(r"\W")


def identifiers(names: Iterable[str], *, taken: Iterable[str] = ()) -> Mapping[str, str]:
    """An identifier for each name, none of them a keyword or one that is taken.

    A name that will do stays as it is, and has its identifier before any that has to be changed.
    The same for the same names, in whatever order they come.
    """
    used = set(taken)
    found: dict[str, str] = {}
    in_order = sorted(set(names))
    for name in [*filter(_will_do, in_order), *in_order]:
        if name in found:
            continue
        wanted = _identifier(name)
        candidate, number = wanted, 1
        while candidate in used or keyword.iskeyword(candidate):
            # `class_`, and from the second on `class_2`.
            candidate = f"{wanted.rstrip('_')}_{number if number > 1 else ''}"
            number += 1
        used.add(candidate)
        found[name] = candidate
    return found


def class_name(parts: Iterable[str]) -> str:
    """What to call the class of a resource: `CardTrade` for `card`, `trade`."""
    words = re.split(r"[^0-9A-Za-z]+", "_".join(parts))
    name = "".join(word[:1].upper() + word[1:] for word in words)
    return name if name and not name[0].isdigit() else f"Of{name}"


def _will_do(name: str) -> bool:
    return _identifier(name) == name and not keyword.iskeyword(name)


def _identifier(name: str) -> str:
    # Python itself takes identifiers in this form, so that two spellings can be one name.
    text = _NO_PART.sub("_", unicodedata.normalize("NFKC", name))
    # Two underscores in front: a class would change the name, or have a meaning for it.
    text = f"_{text.lstrip('_')}" if text.startswith("__") else text
    text = text if text.isidentifier() else f"_{text}"
    return text if text.isidentifier() and text.strip("_") else "_unnamed"
