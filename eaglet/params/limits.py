"""The limits of a declared type: `(0..150)`, `(1..40)`, `(card|cash)`, `(..5MB image/png)`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

from eaglet.params.converters import CONVERTERS, Converter, refuse
from eaglet.translation import translated as _

_RANGED: Final = ("int", "float", "decimal", "date")
_COUNTED: Final = ("str", "list")
_CHOSEN: Final = ("str", *_RANGED)
_KINDS: Final = (
    f"there are ranges such as (0..150) of {', '.join(_RANGED)}, lengths such as (1..40) of "
    f"{', '.join(_COUNTED)}, choices such as (a|b) of {', '.join(_CHOSEN)}, and sizes and media "
    "types such as (..5MB image/png) of file"
)
_UNITS: Final = {"": 1, "B": 1, "KB": 1024, "MB": 1024**2, "GB": 1024**3}


def _to_bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,12})([KMG]?B)?", text)
    return int(found[1]) * _UNITS[found[2] or ""] if found else refuse(_KINDS)


@dataclass(frozen=True)
class Limits:
    """What values of a type are taken.

    Attributes:
        text: the limits as they were declared.
        low: the least value; of a str or list the least length, of a file the least size.
        high: the greatest, likewise.
        choices: the only values, if any are named.
        media_types: those of a file, of which one must fit.
    """

    text: str
    low: Any = None
    high: Any = None
    choices: tuple[Any, ...] = ()
    media_types: tuple[str, ...] = ()

    @classmethod
    def parse(cls, type_: str, text: str) -> Limits:
        """Read what stands in the parentheses behind a type; ValueError where it makes no sense."""
        if type_ == "file":
            parts = re.split(r"[\s,;|]+", text.strip())
            media_types = tuple(part for part in parts if "/" in part)
            ends = [part for part in parts if part not in media_types] or [".."]
            low, dots, high = ends[0].partition("..")
            return cls(text, *cls._ends(_to_bytes, *((low, high) if dots else ("", low))),
                       media_types=media_types) if len(ends) == 1 else refuse(_KINDS)  # fmt: skip
        low, dots, high = (part.strip() for part in text.partition(".."))
        if dots and "|" not in text and type_ in _RANGED + _COUNTED and low + high:
            convert = CONVERTERS["int" if type_ in _COUNTED else type_]
            found = cls(text, *cls._ends(convert, low, high))
            return refuse(_KINDS) if type_ in _COUNTED and (found.low or 0) < 0 else found
        if type_ not in _CHOSEN:
            refuse(f"{type_} has no such limits; {_KINDS}")
        choices = tuple(CONVERTERS[type_](each.strip()) for each in text.split("|"))
        if len(set(choices)) < len(choices) or "" in choices:
            refuse("a choice is empty, or stands there twice")
        return cls(text, choices=choices)

    @staticmethod
    def _ends(convert: Converter, *ends: str) -> tuple[Any, Any]:
        low, high = (convert(end) if end else None for end in ends)
        if low is not None and high is not None and low > high:
            refuse("the lower end of a range is above the higher one")
        return low, high

    def holds(self, other: Limits) -> bool:
        """Tell whether whatever keeps to other limits of the type keeps to these."""
        if self.choices:
            return bool(other.choices) and {*other.choices} <= {*self.choices}
        low, high = other.low, other.high
        if other.choices:
            low, high = min(other.choices), max(other.choices)
        return (self.low is None or (low is not None and low >= self.low)) and (
            self.high is None or (high is not None and high <= self.high)
        )

    def applied(self, type_: str, convert: Converter) -> Converter:
        """Return a converter that refuses what is beyond the limits."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high

        def choose(value: Any) -> Any:
            value = convert(value)
            if value not in self.choices:
                refuse(_("not one of %(limits)s") % {"limits": self.text.replace("|", ", ")})
            return value

        def within(value: Any) -> Any:
            value = convert(value)
            if not low <= value <= high:
                refuse(_("not within %(limits)s") % {"limits": self.text})
            return value

        def of_length(value: Any) -> Any:
            value = convert(value)
            if not low <= len(value) <= high:
                refuse(_("length not within %(limits)s") % {"limits": self.text})
            return value

        if self.choices:
            return choose
        return {"str": of_length, "list": of_length, "file": self._take_file}.get(type_, within)

    def _take_file(self, file: Any) -> Any:
        file = CONVERTERS["file"](file)
        kind = str(getattr(file, "content_type", "")).partition(";")[0].strip().lower()
        size = getattr(file, "size", None)
        is_of_size = size is not None and (self.low or 0) <= size <= (self.high or math.inf)
        if not is_of_size and (self.low, self.high) != (None, None):
            refuse(_("size not within %(limits)s") % {"limits": self.text})
        if self.media_types and not any(fnmatchcase(kind, each) for each in self.media_types):
            refuse(_("not of the media type %(limits)s") % {"limits": ", ".join(self.media_types)})
        return file
