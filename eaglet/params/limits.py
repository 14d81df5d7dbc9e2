"""The limits of a declared type: `(0..150)`, `(1..40)`, `(card|cash)`, `(..5MB image/png)`."""

from __future__ import annotations

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
            media_types = tuple(part.lower() for part in parts if "/" in part)
            ends = [part for part in parts if "/" not in part] or [".."]
            low, dots, high = ends[0].partition("..")
            if len(ends) > 1 or not (low or high or media_types):
                refuse(_KINDS)
            sizes = cls._ends(_to_bytes, *((low, high) if dots else ("", low)))
            return cls(text, *sizes, media_types=media_types)
        low, dots, high = (part.strip() for part in text.partition(".."))
        if dots and "|" not in text and type_ in _RANGED + _COUNTED:
            convert = CONVERTERS["int" if type_ in _COUNTED else type_]
            found = cls(text, *cls._ends(convert, low, high))
            if not low + high or (type_ in _COUNTED and min(found.low or 0, found.high or 0) < 0):
                refuse(_KINDS)
            return found
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

        def keep(value: Any) -> Any:
            value = convert(value)
            if self.choices and value not in self.choices:
                refuse(_("not one of %(limits)s") % {"limits": self.text.replace("|", ", ")})
            if type_ in _COUNTED and not self._spans(len(value)):
                refuse(_("length not within %(limits)s") % {"limits": self.text})
            if type_ in _RANGED and not self._spans(value):
                refuse(_("not within %(limits)s") % {"limits": self.text})
            return value

        return self._take_file if type_ == "file" else keep

    def _spans(self, value: Any) -> bool:
        above = self.low is None or self.low <= value
        return bool(above and (self.high is None or value <= self.high))

    def _take_file(self, file: Any) -> Any:
        file = CONVERTERS["file"](file)
        kind = str(getattr(file, "content_type", "")).partition(";")[0].strip().lower()
        size = getattr(file, "size", None)
        if (self.low, self.high) != (None, None) and (size is None or not self._spans(size)):
            refuse(_("size not within %(limits)s") % {"limits": self.text})
        if self.media_types and not any(fnmatchcase(kind, each) for each in self.media_types):
            refuse(_("not of the media type %(limits)s") % {"limits": ", ".join(self.media_types)})
        return file
