"""Whether a setting's value is of the type, and within the limits, that it declares."""

import math
from collections.abc import Mapping, Sequence
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
    declared = setting.value_type
    kinds = get_args(declared) if get_origin(declared) in (Union, UnionType) else (declared,)
    if any(_is_of(value, kind) for kind in kinds) and _is_within_limits(setting, value):
        return None
    limits = "" if setting.at_least is None else f" at least {setting.at_least}"
    limits += "" if setting.above is None else f" above {setting.above}"
    allowed = " or ".join(_describe(kind, limits) for kind in kinds)
    return f"{setting.name} is {_show(value, {*kinds})}; it must be {allowed}."


def is_sound(setting: Setting[Any]) -> bool:
    """Tell whether the setting's present value has nothing wrong with it."""
    return fault_of(setting, getattr(conf, setting.name)) is None


def _is_of(value: Any, declared: Any) -> bool:
    """Tell whether a value, with all that is in it, is of a type that is no union."""
    kind, inner = get_origin(declared) or declared, get_args(declared)
    if kind in (int, float):  # True is no number, and 1 is one
        return _is_number(value) and (kind is float or isinstance(value, int))
    if kind in (Any, Literal):
        return kind is Any or value in inner
    if not isinstance(value, kind) or (kind is Sequence and isinstance(value, str | bytes)):
        return False  # of a string, the brackets were forgotten
    if kind is Mapping:
        return all(_is_of(k, inner[0]) and _is_of(v, inner[1]) for k, v in value.items())
    return kind is not Sequence or all(_is_of(each, inner[0]) for each in value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_within_limits(setting: Setting[Any], value: Any) -> bool:
    if not _is_number(value):
        return True
    if not math.isfinite(value) or (setting.above is not None and value <= setting.above):
        return False
    return setting.at_least is None or value >= setting.at_least


def _describe(declared: Any, limits: str = "") -> str:
    kind, inner = get_origin(declared) or declared, get_args(declared)
    if kind is Literal:
        return " or ".join(map(repr, inner))
    name = _NAMES[kind] + (limits if kind in (int, float) else "")
    if kind in (Sequence, Mapping) and inner[-1] is not Any:
        noun, of, rest = _describe(inner[-1]).removeprefix("a ").partition(" of ")
        name += f" of {noun}s{of}{rest}"
    return name


def _show(found: object, kinds: set[Any]) -> str:
    if found is None or isinstance(found, bool):
        return repr(found)
    kind = f"of type {type(found).__name__}"
    is_text = isinstance(found, str) and kinds <= {bool, int, float, NoneType}
    return f"{found!r:.60} ({kind})" if is_text or _is_number(found) else kind
