"""Convert JSON values to what a type hint says: records, lists and dicts of them, plain types."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import functools
import typing
import uuid
from collections import OrderedDict, defaultdict
from collections.abc import (
    Collection,
    Iterable,
    Mapping,
    MutableMapping,
    MutableSequence,
    Sequence,
    Set,
)
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union

from django.core.exceptions import ImproperlyConfigured

from eaglet.params.converters import CONVERTERS, Converter, Misfit, convert_each, refuse
from eaglet.translation import translated as _

_PLAIN: Final[dict[Any, str]] = {
    str: "str", int: "int", float: "float", bool: "bool", decimal.Decimal: "decimal",
    datetime.date: "date", datetime.datetime: "datetime", list: "list",
}  # fmt: skip
# By name, as those of typing_extensions may be others.
_WRAPPERS: Final = ("Required", "NotRequired", "ReadOnly", "Annotated", "Final")
LISTS: Final = (list, set, frozenset, Sequence, Set, Iterable, Collection, MutableSequence)
DICTS: Final = (dict, Mapping, MutableMapping, defaultdict, OrderedDict)
UNIONS: Final = (Union, UnionType)


def unwrapped(hint: Any, *, to_alias: bool = False) -> Any:
    """Return what stands behind Annotated, NotRequired and the like, NewType and `type` aliases.

    With `to_alias` an alias stands for itself: it may hold itself.
    """
    while True:
        if _wrapper(hint):
            hint = typing.get_args(hint)[0]
        elif is_alias(hint) and not to_alias:
            hint = _filled(hint.__value__, _arguments(hint))
        elif hasattr(hint, "__supertype__"):
            hint = hint.__supertype__
        else:
            return hint


def _wrapper(hint: Any) -> str:
    kind: Any = typing.get_origin(hint)
    is_one = kind and kind.__name__ in _WRAPPERS and kind.__module__.startswith("typing")
    return str(kind.__name__) if is_one else ""


def is_alias(hint: Any) -> bool:
    """Tell whether a hint is an alias that a `type` statement has made, generic or not."""
    return hasattr(typing.get_origin(hint) or hint, "__value__")


def _arguments(hint: Any) -> dict[Any, Any]:
    free = getattr(typing.get_origin(hint), "__parameters__", ())
    return dict(zip(free, typing.get_args(hint), strict=False))


def is_record(hint: Any) -> bool:
    """Tell whether a hint is a TypedDict, a dataclass or a NamedTuple, of types or generic."""
    kind = typing.get_origin(hint) or hint
    return isinstance(kind, type) and (
        _is_typed_dict(kind) or dataclasses.is_dataclass(kind) or is_named_tuple(kind)
    )


def _is_typed_dict(kind: type) -> bool:
    return hasattr(kind, "__total__")  # as that of typing_extensions, too, which is another


def is_named_tuple(kind: Any) -> bool:
    """Tell whether a class is a NamedTuple."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


def fields_of(record: Any) -> dict[str, tuple[Any, bool]]:
    """Return the hint of each field of a record, and whether the field must be there.

    Raises NameError for a hint that names what is not there.
    """
    kind = typing.get_origin(record) or record
    hints = _hints_of(record)
    if _is_typed_dict(kind):
        # Of annotations that are text, as with `from __future__ import annotations`, Python does
        # not see NotRequired itself.
        required = {name for name, hint in hints.items()
                    if _says_required(hint, name in kind.__required_keys__)}  # fmt: skip
    elif dataclasses.is_dataclass(kind):
        required = {field.name for field in dataclasses.fields(kind)
                    if field.default is field.default_factory is dataclasses.MISSING}  # fmt: skip
        hints = {field.name: hints[field.name] for field in dataclasses.fields(kind)}
    else:
        required = kind._fields[: len(kind._fields) - len(kind._field_defaults)]
    return {name: (hint, name in required) for name, hint in hints.items()}


def _says_required(hint: Any, otherwise: bool) -> bool:
    while wrapper := _wrapper(hint):
        if "Required" in wrapper:
            return wrapper == "Required"
        hint = typing.get_args(hint)[0]
    return otherwise


def _hints_of(record: Any) -> dict[str, Any]:
    kind = typing.get_origin(record) or record
    arguments = _arguments(record)
    written = typing.get_type_hints(kind, include_extras=True)
    hints = {name: _filled(hint, arguments) for name, hint in written.items()}
    # What it has from a base that is one of something, as Page[Member], is of that.
    for base in filter(is_record, getattr(kind, "__orig_bases__", ())):
        inherited = _hints_of(_filled(base, arguments))
        of_base = typing.get_type_hints(typing.get_origin(base) or base, include_extras=True)
        hints |= {name: inherited[name] for name in of_base if of_base[name] == written[name]}
    return hints


def _filled(hint: Any, arguments: Mapping[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return arguments.get(hint, Any)
    free = getattr(hint, "__parameters__", ())
    return hint[tuple(arguments.get(one, Any) for one in free)] if free else hint


def converter_of(hint: Any) -> Converter:
    """Return what converts a JSON value to a hint, or raises ValueError naming each wrong part.

    Raises ImproperlyConfigured for a hint that no JSON value can be converted to.
    """
    try:
        return _converter_of(hint)
    except (NameError, TypeError) as error:
        raise ImproperlyConfigured(
            f"no JSON value can be converted to {hint!r}: {error}"
        ) from error


_missing: Final = object()
_pending: Final[dict[Any, Converter]] = {}


@functools.cache
def _of_named(hint: Any) -> Converter:
    made: list[Converter] = []

    def convert(value: Any) -> Any:
        return made[0](value)

    _pending[hint] = convert  # it may hold others of its kind
    try:
        made.append(_of_record(hint) if is_record(hint) else _converter_of(unwrapped(hint)))
    finally:
        del _pending[hint]
    return made[0]


def _of_record(record: Any) -> Converter:
    kind = typing.get_origin(record) or record
    parts: dict[str, tuple[Converter, bool]] = {}

    def convert(value: Any) -> Any:
        if not isinstance(value, Mapping):
            refuse(_("not an object"))
        given = {n: value.get(n, _missing) for n in parts if parts[n][1] or n in value}
        converted = convert_each((f".{n}", parts[n][0], each) for n, each in given.items())
        return kind(**dict(zip(given, converted, strict=True)))

    if any(isinstance(hint, dataclasses.InitVar) for hint in _hints_of(record).values()):
        raise TypeError(f"{kind.__name__} has an InitVar")
    made_alone = {field.name for field in getattr(kind, "__dataclass_fields__", {}).values()
                  if not field.init}  # fmt: skip
    for name, (hint, needed) in fields_of(record).items():
        if name not in made_alone:
            parts[name] = (_or_missing(_converter_of(hint)), needed)
    return convert if _is_typed_dict(kind) else _unless_made(kind, convert)


def _or_missing(convert: Converter) -> Converter:
    return lambda value: refuse(_("missing")) if value is _missing else convert(value)


def _not_null(convert: Converter) -> Converter:
    return lambda value: refuse(_("null")) if value is None else convert(value)


def _unless_made(kind: type, convert: Converter) -> Converter:
    return lambda value: value if isinstance(value, kind) else convert(value)


def _converter_of(hint: Any) -> Converter:
    hint = unwrapped(hint, to_alias=True)
    kind, arguments = typing.get_origin(hint), typing.get_args(hint)
    if is_alias(hint):
        return _pending.get(hint) or _of_named(hint)
    if hint in (Any, object) or isinstance(hint, TypeVar):
        return lambda value: value
    if hint in (None, NoneType):
        return lambda value: None if value is None else refuse(_("not null"))
    if hint in _PLAIN:
        return _not_null(CONVERTERS[_PLAIN[hint]])
    if hint is uuid.UUID:
        return _unless_made(hint, _to_uuid)
    if kind is Literal:
        return functools.partial(_to_choice, arguments)
    if kind in UNIONS:
        return functools.partial(_to_one_of, [(each, _converter_of(each)) for each in arguments])
    if kind in LISTS:
        make = next(one for one in (list, set, frozenset) if issubclass(one, kind))
        each = _converter_of(arguments[0])
        return lambda value: make(_to_items(each, value))
    if hint is dict or (kind in DICTS and arguments[0] is str):
        return functools.partial(_to_dict, _converter_of(arguments[1] if arguments else Any))
    if isinstance(hint, type) and issubclass(hint, Enum):
        values = tuple(each.value for each in hint)
        return _unless_made(hint, lambda value: hint(_to_choice(values, value)))
    if hasattr(hint, "model_validate"):
        return functools.partial(_to_pydantic, hint)
    if is_record(hint):
        return _pending.get(hint) or _of_named(hint)
    raise TypeError(f"{hint!r} is no type of JSON")


def _to_uuid(value: Any) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except (AttributeError, TypeError, ValueError):
        refuse(_("not a UUID"))


def _to_choice(choices: tuple[Any, ...], value: Any) -> Any:
    if not any(choice == value and type(choice) is type(value) for choice in choices):
        refuse(_("not one of %(limits)s") % {"limits": ", ".join(map(str, choices))})
    return value


def _to_one_of(members: list[tuple[Any, Converter]], value: Any) -> Any:
    # A str that looks like a number stays one where a str is among the members.
    exact = [convert for hint, convert in members if hint is type(value)]
    faults = []
    for convert in exact or [convert for _hint, convert in members]:
        try:
            return convert(value)
        except ValueError as error:
            faults.append(str(error))
    refuse(" / ".join(dict.fromkeys(faults)))


def _to_items(convert: Converter, value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        refuse(_("not a list"))
    return convert_each((f"[{index}]", convert, each) for index, each in enumerate(value))


def _to_dict(convert: Converter, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        refuse(_("not an object"))
    values = convert_each((f".{name}", convert, each) for name, each in value.items())
    return dict(zip(value, values, strict=True))


def _to_pydantic(model: Any, value: Any) -> Any:
    try:
        return model.model_validate(value)
    except ValueError as error:
        told: list[Any] = getattr(error, "errors", list)()
    raise Misfit([(path_of(each["loc"]), each["msg"]) for each in told])


def path_of(parts: Iterable[object]) -> str:
    """Write the path to a part of a value, as `.items[3].price`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
