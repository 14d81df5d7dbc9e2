"""Make names of Python's for names of a service's."""

import keyword
import re
from typing import Final

_NOT_IN_NAMES: Final = re.compile(r"[^a-zA-Z0-9_]")


class Names:
    """The names of one scope, none twice."""

    def __init__(self, *taken: str) -> None:
        self._taken = set(taken)

    def name(self, told: str) -> str:
        """Return an identifier for a name: itself where that is one, and not taken."""
        name = identifier(told)
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def identifier(told: str) -> str:
    """Return an ASCII identifier that is no keyword, as near to a name as can be."""
    name = _NOT_IN_NAMES.sub("_", told) or "_"
    if name[0].isdigit():
        name = f"_{name}"
    # Two underscores at the front would be mangled in a class.
    if name.startswith("__"):
        name = f"_{name.lstrip('_')}"
    # Soft keywords (`type`, `match`) are names too, and which there are differs between Pythons.
    return f"{name}_" if keyword.iskeyword(name) else name


def is_plain(told: str) -> bool:
    """Tell whether a name is an identifier as it stands, in a class too."""
    return told == identifier(told)


def class_name(*told: str) -> str:
    """Return the name of a private class for a resource or an app."""
    words = re.split(r"[^a-zA-Z0-9]+", " ".join(told))
    return "_" + "".join(word[:1].upper() + word[1:] for word in words)


def as_docstring(text: str) -> str:
    """Return a stranger's text as one line that ends no docstring and escapes nothing."""
    seen = "".join(each if each.isprintable() else " " for each in text)
    words = seen.replace("\\", "/").replace('"', "'").split()
    return f'"""{" ".join(words) or "-"}"""'
