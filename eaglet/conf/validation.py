"""Whether a setting's value is of the type, and within the limits, that `conf.py` declares."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from os import PathLike
from types import NoneType, UnionType
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from eaglet.conf import Setting, Settings, conf

_NAMES: Final[Mapping[Any, tuple[str, str]]] = {
    NoneType: ("None", "None"),
    bool: ("True or False", "True or False"),
    int: ("a whole number", "whole numbers"),
    float: ("a number", "numbers"),
    str: ("a string", "strings"),
    PathLike: ("a path", "paths"),
    Sequence: ("a list", "lists"),
    Collection: ("a list", "lists"),
    Mapping: ("a dict", "dicts"),
    Callable: ("a function", "functions"),
}
"""What one value of a type is called, and several."""


class _Misfit(NamedTuple):
    """Where a value departs from its type: the place, what stands there, what should."""

    place: str
    found: object
    declared: Any


def fault_of(setting: Setting[Any], value: object) -> str | None:
    """Say what is wrong with a value: the setting, what it is, what is allowed; None if nothing.

    The value itself is told only in place of a number or of True and False: others may be secret.
    """
    misfit = _misfit(value, setting.value_type)
    if misfit is None and _is_number(value) and not _within_limits(setting, value):
        misfit = _Misfit("", value, setting.value_type)
    if misfit is None:
        return None
    allowed = _described(misfit.declared)
    if not misfit.place:
        allowed = _limited(setting, allowed)
    return f"{setting.name}{misfit.place} is {_shown(*misfit[1:])}; it must be {allowed}."


def is_sound(setting: Setting[Any]) -> bool:
    """Whether the setting's present value has nothing wrong with it."""
    return fault_of(setting, setting.__get__(conf, Settings)) is None


def _misfit(value: Any, declared: Any) -> _Misfit | None:
    alternatives = _alternatives(declared)
    if len(alternatives) > 1:
        misfits = [_misfit(value, alternative) for alternative in alternatives]
        if None in misfits:
            return None
        # A list with something wrong in it is told by that, and not as being no string.
        deeper = [misfit for misfit in misfits if misfit and misfit.place]
        return deeper[0] if deeper else _Misfit("", value, declared)
    kind, inner = get_origin(declared) or declared, get_args(declared)
    if not _is_of_kind(value, kind, inner):
        return _Misfit("", value, declared)
    if kind in (Sequence, Collection):
        return _misfit_inside(enumerate(value), inner[0])
    if kind is Mapping:
        for key in value:
            if _misfit(key, inner[0]):
                return _Misfit(f": the key {key!r}", key, inner[0])
        return _misfit_inside(value.items(), inner[1])
    return None


def _misfit_inside(items: Iterable[tuple[Any, Any]], declared: Any) -> _Misfit | None:
    for key, value in items:
        misfit = _misfit(value, declared)
        if misfit:
            return misfit._replace(place=f"[{key!r}]{misfit.place}")
    return None


def _is_of_kind(value: object, kind: Any, inner: tuple[Any, ...]) -> bool:
    """Whether the value itself, whatever is in it, is of a type that is no union."""
    if kind is Any:
        return True
    if kind is Literal:
        return any(type(value) is type(choice) and value == choice for choice in inner)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind is float:
        return _is_number(value)
    if kind in (Sequence, Collection) and isinstance(value, str | bytes):
        return False  # the brackets were forgotten
    return isinstance(value, kind)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within_limits(setting: Setting[Any], value: Any) -> bool:
    if not math.isfinite(value):
        return False
    if setting.above is not None and not value > setting.above:
        return False
    return setting.at_least is None or value >= setting.at_least


def _alternatives(declared: Any) -> tuple[Any, ...]:
    is_union = get_origin(declared) in (Union, UnionType)
    return get_args(declared) if is_union else (declared,)


def _described(declared: Any, several: bool = False) -> str:
    parts: list[str] = []
    for alternative in _alternatives(declared):
        kind, inner = get_origin(alternative) or alternative, get_args(alternative)
        if kind is Literal:
            parts.extend(repr(choice) for choice in inner)
            continue
        name = _NAMES[kind][several] if kind in _NAMES else f"a {kind.__name__}"
        if kind in (Sequence, Collection, Mapping) and inner[-1] is not Any:
            name += f" of {_described(inner[-1], several=True)}"
        parts.append(name)
    return " or ".join(parts)


def _limited(setting: Setting[Any], allowed: str) -> str:
    """The description with the limits put behind the number in it."""
    limits = [
        f"{words} {limit}"
        for words, limit in (("above", setting.above), ("at least", setting.at_least))
        if limit is not None
    ]
    number = "a whole number" if "a whole number" in allowed else "a number"
    return (
        allowed.replace(number, " and ".join([f"{number} {limits[0]}", *limits[1:]]), 1)
        if (limits)
        else allowed
    )


def _shown(found: object, declared: Any) -> str:
    kind = type(found).__name__
    if found is None or isinstance(found, bool):
        return repr(found)
    is_text = isinstance(found, str) and {*_alternatives(declared)} <= {bool, int, float, NoneType}
    if is_text or _is_number(found):
        return f"{found!r:.60} (of type {kind})"
    return f"of type {kind}"
