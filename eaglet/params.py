"""Declare, check and convert the parameters of a function: `param_required` and its grammar.

`name` required · `?name` optional · `name:type` and `?name:type` converted. It works on any
function of one dict, in a request or out of it, and knows nothing of HTTP.
"""

from __future__ import annotations

import datetime
import decimal
import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise

from eaglet.encoding import RepeatedValues as RepeatedValues
from eaglet.encoding import from_json
from eaglet.exceptions import InvalidParam, MissingParam, ParamError, ParamFault
from eaglet.translation import translated as _

F = TypeVar("F", bound=Callable[..., Any])
Converter = Callable[[Any], Any]

_INTEGER = re.compile(r"-?[0-9]+")
_FLOAT = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?"
)
_BOOLEANS = {"True": True, "true": True, "1": True, "False": False, "false": False, "0": False}
_MAX_DIGITS = 1000
_MAX_BITS = 3322  # what 1,000 decimal digits take


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)


def _to_str(value: Any) -> str:
    if not isinstance(value, str):
        _refuse(_("not a string"))
    if "\x00" in value:
        _refuse(_("contains a NUL character"))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            _refuse(_("not valid Unicode text"))
    return value


def _to_int(value: Any) -> int:
    if value.__class__ is str and value.isdigit() and value.isascii() and len(value) < 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > _MAX_BITS:
            _refuse(_("a number with too many digits"))
        return value
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        _refuse(_("not an integer"))
    if len(value) > _MAX_DIGITS:
        _refuse(_("a number with too many digits"))
    return int(value)


def _to_float(value: Any) -> float:
    if isinstance(value, str):
        if len(value) < 20 and value.isascii() and value.replace(".", "", 1).isdigit():
            return float(value)
        if not _FLOAT.fullmatch(value):
            _refuse(_("not a number"))
    elif isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(_("not a number"))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        _refuse(_("not a finite number"))
    return number


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in _BOOLEANS:
        _refuse(_("not a boolean"))
    return _BOOLEANS[value]


def _to_json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return from_json(value)
        except ValueError as error:
            _refuse(_("not valid JSON: %(reason)s") % {"reason": error})
    if isinstance(value, float) and not math.isfinite(value):
        _refuse(_("not valid JSON: %(reason)s") % {"reason": value})
    return value


def _to_decimal(value: Any) -> decimal.Decimal:
    is_number = isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _FLOAT.fullmatch(value)):
        _refuse(_("not a decimal number"))
    if isinstance(value, int):
        value = _to_int(value)
    text = str(value)
    if len(text) > _MAX_DIGITS:
        _refuse(_("a number with too many digits"))
    try:
        number = decimal.Decimal(text)
    except decimal.InvalidOperation:
        _refuse(_("a number with too many digits"))
    if not number.is_finite():
        _refuse(_("not a finite number"))
    if abs(number.adjusted()) > _MAX_DIGITS:
        # Arithmetic on 1E+999999999 would fill the memory, and so would writing out 0E-999999999.
        _refuse(_("a number with too many digits"))
    return number


def _to_date(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        with suppress(ValueError):
            return datetime.date.fromisoformat(value)
    _refuse(_("not a date (YYYY-MM-DD)"))


def _to_datetime(value: Any) -> datetime.datetime:
    if isinstance(value, str) and _DATETIME.fullmatch(value):
        try:
            value = parse_datetime(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime.datetime):
        _refuse(_("not a date and time (YYYY-MM-DD HH:MM:SS)"))
    moment = value
    try:
        if settings.USE_TZ:
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
                if timezone.make_naive(moment.astimezone(datetime.UTC)) != value:
                    _refuse(_("a local time that the clocks skip"))
            # At either end of the calendar a moment may be out of another time zone's range.
            timezone.localtime(moment)
            moment.astimezone(datetime.UTC)
        elif timezone.is_aware(moment):
            moment = timezone.make_naive(moment, timezone.get_default_timezone())
    except OverflowError:
        _refuse(_("not a date and time (YYYY-MM-DD HH:MM:SS)"))
    return moment


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        with suppress(ValueError):
            value = from_json(value)
    if not isinstance(value, list | tuple):
        _refuse(_("not a list (a JSON array, or the key repeated)"))
    return list(value)


CONVERTERS: dict[str, Converter] = {
    "str": _to_str,
    "int": _to_int,
    "float": _to_float,
    "bool": _to_bool,
    "json": _to_json,
    "decimal": _to_decimal,
    "date": _to_date,
    "datetime": _to_datetime,
    "list": _to_list,
}


@dataclass(frozen=True)
class Param:
    """Hold one declared parameter; `type` is a key of CONVERTERS, or None for no conversion."""

    name: str
    required: bool = True
    type: str | None = None

    @classmethod
    def parse(cls, declaration: str) -> Param:
        """Read `name`, `?name`, `name:type` or `?name:type`; ImproperlyConfigured otherwise."""
        if not isinstance(declaration, str):
            raise ImproperlyConfigured(f"a parameter is declared by a string, not {declaration!r}")
        name, colon, type_ = declaration.partition(":")
        required = not name.startswith("?")
        name = name.removeprefix("?")
        if not name:
            raise ImproperlyConfigured(f"parameter {declaration!r} has no name")
        if colon and type_ not in CONVERTERS:
            raise ImproperlyConfigured(
                f"parameter {declaration!r}: there is no type {type_!r}; "
                f"there are {', '.join(CONVERTERS)}"
            )
        return cls(name, required, type_ or None)

    @functools.cached_property
    def converter(self) -> Converter | None:
        """Return the function that converts a value or raises ValueError; None without a type."""
        return None if self.type is None else CONVERTERS[self.type]

    def convert(self, value: Any) -> Any:
        """Convert a given value; ValueError says what is wrong with it."""
        if self.converter is None:
            return value
        if value is None:
            _refuse(_("null"))
        if isinstance(value, RepeatedValues) and self.type != "list":
            _refuse(_("given several times"))
        return self.converter(str(value) if isinstance(value, Promise) else value)


class Declared(tuple[Param, ...]):
    """Hold the parameters of one function, and what checking them takes, worked out once.

    Attributes:
        required: the names that must be there.
        typed: name, converter and parameter of each that has a type.
        converters: the converters of those, by name.
    """

    required: frozenset[str]
    typed: tuple[tuple[str, Converter, Param], ...]
    converters: dict[str, Converter]

    def __new__(cls, params: Iterable[Param] = ()) -> Declared:
        """Keep the parameters in the order of their declaration."""
        declared = super().__new__(cls, params)
        declared.required = frozenset(param.name for param in declared if param.required)
        declared.typed = tuple(
            (param.name, param.converter, param)
            for param in declared
            if param.converter is not None
        )
        declared.converters = {name: converter for name, converter, _param in declared.typed}
        return declared


def parse_declarations(declarations: Iterable[str] | None) -> Declared:
    """Read the list given to `param_required`; a name given twice is merged into one.

    Of two mentions, required wins over optional and a type over none. Raises
    ImproperlyConfigured for anything that is not the grammar, or two types for one name.
    """
    if isinstance(declarations, str):
        raise ImproperlyConfigured(f"param_required takes a list: [{declarations!r}]")
    if callable(declarations) or isinstance(declarations, staticmethod):
        raise ImproperlyConfigured("param_required takes a list: write @param_required([...])")
    params: dict[str, Param] = {}
    for declaration in declarations or ():
        _merge(params, Param.parse(declaration))
    return Declared(params.values())


def _merge(params: dict[str, Param], param: Param) -> None:
    known = params.get(param.name)
    if known is None:
        params[param.name] = param
        return
    if known.type and param.type and known.type != param.type:
        raise ImproperlyConfigured(
            f"parameter {param.name!r} is declared as {known.type} and as {param.type}"
        )
    params[param.name] = Param(
        param.name, known.required or param.required, known.type or param.type
    )


def check_params(
    declared: Declared, args: dict[str, Any], function: Callable[..., Any] | None = None
) -> None:
    """Check and convert `args` in place; ParamError names all that is missing or wrong.

    Nothing is converted unless everything is right.
    """
    converted = {}
    try:
        for name, converter, param in declared.typed:
            if name in args:
                value = args[name]
                # A plain string, nearly every value of a query, can only be of the wrong form.
                converted[name] = (
                    converter(value) if value.__class__ is str else param.convert(value)
                )
    except ValueError:
        raise _error(declared, args, function) from None
    if not args.keys() >= declared.required:
        raise _error(declared, args, function)
    args.update(converted)


def _faults(declared: Declared, args: Mapping[str, Any]) -> Iterator[ParamFault]:
    for param in declared:
        if param.name in args:
            try:
                param.convert(args[param.name])
            except ValueError as error:
                yield ParamFault(param.name, str(error))
        elif param.required:
            yield ParamFault(param.name, _("missing"), missing=True)


def _error(
    declared: Declared, args: Mapping[str, Any], function: Callable[..., Any] | None
) -> ParamError:
    faults = list(_faults(declared, args))
    missing = sum(fault.missing for fault in faults)
    if missing == len(faults):
        return MissingParam(faults, function)
    return ParamError(faults, function) if missing else InvalidParam(faults, function)


NOTHING: Final = Declared()


def declared_params(function: Callable[..., Any]) -> Declared:
    """Return what `param_required` declared for a function, or ()."""
    declared: Declared = getattr(function, "eaglet_params", NOTHING)
    return declared


def behind_check(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function to call once its args are checked against all that it declared.

    It is the function itself, unless its outermost decorator is its only `param_required`.
    """
    # functools.wraps gives the attribute to decorators further out, too: they are not skipped.
    checking, behind = getattr(function, "eaglet_behind_check", (None, function))
    return behind if checking is function else function


def param_required(declarations: Iterable[str] | None = None) -> Callable[[F], F]:
    """Declare the parameters of a function of one dict.

    Called with that dict, the function raises ParamError if any is missing or wrong, and
    otherwise finds the typed ones converted in it. Raises ImproperlyConfigured, at declaration,
    for an unknown type.

    Args:
        declarations: `name`, `?name`, `name:type` or `?name:type`, each; the types are `str
            int float bool json decimal date datetime list`.
    """
    own = parse_declarations(declarations)

    def decorate(function: F) -> F:
        if isinstance(function, staticmethod):
            return staticmethod(decorate(function.__func__))  # type: ignore[return-value]
        inner = declared_params(function)
        merged = {param.name: param for param in own}
        for param in inner:
            _merge(merged, param)
        declared = Declared(merged.values())
        # What is declared on both is converted once: a JSON text may be one of a JSON text.
        typed_inside = {param.name for param in inner if param.type}
        outer = Declared(
            Param(param.name, param.required) if param.name in typed_inside else param
            for param in own
        )
        guarded = getattr(function, "eaglet_token_rule", None) is not None

        @functools.wraps(function)
        def checking(args: dict[str, Any]) -> Any:
            # A request's args come with the declaration they were already checked against.
            if getattr(args, "checked", None) is not declared:
                if guarded and getattr(args, "auth", None) is None:
                    return function(args)  # which refuses: that comes first
                if not isinstance(args, Mapping):
                    raise TypeError(
                        f"{function.__qualname__}() takes one dict, not {type(args).__name__}"
                    )
                check_params(outer, args, function)
            elif inner:
                args.checked = inner  # type: ignore[attr-defined]
            return function(args)

        checking.eaglet_params = declared  # type: ignore[attr-defined]
        if not inner:
            checking.eaglet_behind_check = (checking, function)  # type: ignore[attr-defined]
        return checking  # type: ignore[return-value]

    return decorate
