"""Convert a value to a declared type, or say by ValueError what is wrong with it."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final, NoReturn

from django.conf import settings
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from eaglet.encoding import from_json
from eaglet.translation import translated as _

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


_MOST_FAULTS: Final = 20


def refuse(reason: str) -> NoReturn:
    """Raise ValueError with a reason that the caller reads."""
    raise ValueError(reason)


class Misfit(ValueError):
    """Say what is wrong in a value: pairs of a path, such as `.items[3].price`, and a reason."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{path.lstrip('.')}: {why}" for path, why in faults))


def convert_each(parts: Iterable[tuple[str, Converter, Any]]) -> list[Any]:
    """Convert the parts of a value, each given with its path; Misfit names those that are wrong.

    It names twenty at most: a stranger may send a million.
    """
    values: list[Any] = []
    faults: list[tuple[str, str]] = []
    for path, convert, value in parts:
        try:
            values.append(convert(value))
        except Misfit as misfit:
            faults += [(path + inner, reason) for inner, reason in misfit.faults]
        except ValueError as error:
            faults.append((path, str(error)))
        if len(faults) >= _MOST_FAULTS:
            break
    if faults:
        raise Misfit(faults)
    return values


def _to_str(value: Any) -> str:
    if not isinstance(value, str):
        refuse(_("not a string"))
    if "\x00" in value:
        refuse(_("contains a NUL character"))
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            refuse(_("not valid Unicode text"))
    return value


def _to_int(value: Any) -> int:
    if value.__class__ is str and value.isdigit() and value.isascii() and len(value) < 19:
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > _MAX_BITS:
            refuse(_("a number with too many digits"))
        return value
    if not isinstance(value, str) or not _INTEGER.fullmatch(value):
        refuse(_("not an integer"))
    if len(value) > _MAX_DIGITS:
        refuse(_("a number with too many digits"))
    return int(value)


def _to_float(value: Any) -> float:
    if isinstance(value, str):
        if len(value) < 20 and value.isascii() and value.replace(".", "", 1).isdigit():
            return float(value)
        if not _FLOAT.fullmatch(value):
            refuse(_("not a number"))
    elif isinstance(value, bool) or not isinstance(value, int | float):
        refuse(_("not a number"))
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        refuse(_("not a finite number"))
    return number


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, str) or value not in _BOOLEANS:
        refuse(_("not a boolean"))
    return _BOOLEANS[value]


def _to_json(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return from_json(value)
        except ValueError as error:
            refuse(_("not valid JSON: %(reason)s") % {"reason": error})
    if isinstance(value, float) and not math.isfinite(value):
        refuse(_("not valid JSON: %(reason)s") % {"reason": value})
    return value


def _to_decimal(value: Any) -> decimal.Decimal:
    is_number = isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)
    if not is_number and not (isinstance(value, str) and _FLOAT.fullmatch(value)):
        refuse(_("not a decimal number"))
    if isinstance(value, int):
        value = _to_int(value)
    text = str(value)
    if len(text) > _MAX_DIGITS:
        refuse(_("a number with too many digits"))
    try:
        number = decimal.Decimal(text)
    except decimal.InvalidOperation:
        refuse(_("a number with too many digits"))
    if not number.is_finite():
        refuse(_("not a finite number"))
    if abs(number.adjusted()) > _MAX_DIGITS:
        # Arithmetic on 1E+999999999 would fill the memory, and so would writing out 0E-999999999.
        refuse(_("a number with too many digits"))
    return number


def _to_date(value: Any) -> datetime.date:
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        with suppress(ValueError):
            return datetime.date.fromisoformat(value)
    refuse(_("not a date (YYYY-MM-DD)"))


def _to_datetime(value: Any) -> datetime.datetime:
    if isinstance(value, str) and _DATETIME.fullmatch(value):
        try:
            value = parse_datetime(value)
        except ValueError:
            value = None
    if not isinstance(value, datetime.datetime):
        refuse(_("not a date and time (YYYY-MM-DD HH:MM:SS)"))
    moment = value
    try:
        if settings.USE_TZ:
            if timezone.is_naive(moment):
                moment = timezone.make_aware(moment)
                if timezone.make_naive(moment.astimezone(datetime.UTC)) != value:
                    refuse(_("a local time that the clocks skip"))
            # At either end of the calendar a moment may be out of another time zone's range.
            timezone.localtime(moment)
            moment.astimezone(datetime.UTC)
        elif timezone.is_aware(moment):
            moment = timezone.make_naive(moment, timezone.get_default_timezone())
    except OverflowError:
        refuse(_("not a date and time (YYYY-MM-DD HH:MM:SS)"))
    return moment


def _to_list(value: Any) -> list[Any]:
    if isinstance(value, str):
        with suppress(ValueError):
            value = from_json(value)
    if not isinstance(value, list | tuple):
        refuse(_("not a list (a JSON array, or the key repeated)"))
    return list(value)


def _to_file(value: Any) -> Any:
    if not callable(getattr(value, "read", None)):
        refuse(_("not a file"))
    return value


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
    "file": _to_file,
}
