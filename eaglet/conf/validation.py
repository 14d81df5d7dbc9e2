"""Whether a setting's value is of the type, and within the limits, that it declares."""

import math
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

from eaglet.conf import Setting, conf

_NAMES: Final[Mapping[Any, str]] = {
    NoneType: "None",
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a string",
    PathLike: "a path",
    Sequence: "a list",
    Mapping: "a dict",
}


def fault_of(setting: Setting[Any], value: object) -> str | None:
    """Return what is wrong with a value: the setting, what it is, what is allowed; or None.

    The value itself is shown only in place of a number or of True and False: others may be secret.
    """
    place, found, declared = _misfit(value, setting.value_type) or ("", value, None)
    if declared is None:
        if not _is_number(value) or _within_limits(setting, value):
            return None
        declared = setting.value_type
    limits = "" if setting.at_least is None else f" at least {setting.at_least}"
    limits += "" if setting.above is None else f" above {setting.above}"
    allowed = " or ".join(_describe(kind, "" if place else limits) for kind in _kinds(declared))
    return f"{setting.name}{place} is {_show(found, declared)}; it must be {allowed}."


def is_sound(setting: Setting[Any]) -> bool:
    """Tell whether the setting's present value has nothing wrong with it."""
    return fault_of(setting, getattr(conf, setting.name)) is None


def _misfit(value: Any, declared: Any, place: str = "") -> tuple[str, object, Any] | None:
    """Find where a value departs from its type: the place, what stands there, what should."""
    for kind in _kinds(declared):
        if _is_of_kind(value, kind):
            parts = (_misfit(part, inner, place + at) for at, part, inner in _parts(value, kind))
            return next(filter(None, parts), None)
    return place, value, declared


def _parts(value: Any, declared: Any) -> Iterator[tuple[str, object, Any]]:
    kind, inner = get_origin(declared), get_args(declared)
    if kind is Sequence:
        yield from ((f"[{index}]", item, inner[0]) for index, item in enumerate(value))
    elif kind is Mapping:
        yield from ((f": the key {key!r}", key, inner[0]) for key in value)
        yield from ((f"[{key!r}]", item, inner[1]) for key, item in value.items())


def _is_of_kind(value: object, declared: Any) -> bool:
    """Tell whether the value itself, whatever is in it, is of a type that is no union."""
    kind = get_origin(declared) or declared
    if kind in (int, float):  # True is no number, and 1 is one
        return _is_number(value) and (kind is float or isinstance(value, int))
    if kind is Literal:
        return value in get_args(declared)
    if kind is Sequence and isinstance(value, str | bytes):
        return False  # the brackets were forgotten
    return kind is Any or isinstance(value, kind)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _within_limits(setting: Setting[Any], value: Any) -> bool:
    if not -math.inf < value < math.inf or (setting.above is not None and value <= setting.above):
        return False
    return setting.at_least is None or value >= setting.at_least


def _kinds(declared: Any) -> tuple[Any, ...]:
    return get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)


def _describe(declared: Any, limits: str = "") -> str:
    kind, inner = get_origin(declared) or declared, get_args(declared)
    if kind is Literal:
        return " or ".join(map(repr, inner))
    name = _NAMES[kind] + (limits if kind in (int, float) else "")
    if kind in (Sequence, Mapping) and inner[-1] is not Any:
        noun, of, rest = _describe(inner[-1]).removeprefix("a ").partition(" of ")
        name += f" of {noun}s{of}{rest}"
    return name


def _show(found: object, declared: Any) -> str:
    if found is None or isinstance(found, bool):
        return repr(found)
    kind = f"of type {type(found).__name__}"
    is_text = isinstance(found, str) and {*_kinds(declared)} <= {bool, int, float, NoneType}
    return f"{found!r:.60} ({kind})" if is_text or _is_number(found) else kind
