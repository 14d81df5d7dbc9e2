"""Encode to JSON by the envelope's rules, and decode what strangers send.

Dates and decimals follow the envelope's rules (`YYYY-MM-DD HH:MM:SS` in the current time zone,
decimals as strings); UUIDs, MongoDB's ObjectIds, durations, times, lazy strings, sets, querysets,
enumerations, dataclasses and pydantic models are encoded as a Django user expects. Anything else
is a TypeError that names the type: never half an answer.
"""

import datetime
import decimal
import json
import math
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, NoReturn

from django.core.signals import setting_changed
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.duration import duration_iso_string
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from eaglet.conf import conf
from eaglet.translation import translated as _

_written_as_text: tuple[type, ...] = (decimal.Decimal, uuid.UUID, Promise)

MAX_DEPTH = 200
"""How deep arrays and objects may be nested in what a caller sends."""


def format_datetime(value: datetime.datetime) -> str:
    """Write a moment as `YYYY-MM-DD HH:MM:SS`, an aware one in the current time zone."""
    if timezone.is_aware(value):
        with suppress(OverflowError):  # at either end of the calendar: in its own time zone
            value = timezone.localtime(value)
    return value.isoformat(" ", "seconds")[:19]


@lru_cache(maxsize=1)
def _own_default() -> Callable[[Any], Any] | None:
    path = conf.EAGLET_JSON_DEFAULT
    if path is None or callable(path):
        return path
    default: Callable[[Any], Any] = import_string(path)
    return default


def _clear_own_default(*, setting: str, **kwargs: Any) -> None:
    if setting == "EAGLET_JSON_DEFAULT":
        _own_default.cache_clear()


setting_changed.connect(_clear_own_default, dispatch_uid="eaglet.encoding")


def write_as_text(kind: type) -> None:
    """Have values of a type written as `str` gives them: one of a library that may be missing."""
    global _written_as_text  # noqa: PLW0603
    _written_as_text = (*_written_as_text, kind)


def default(value: Any) -> Any:
    """Turn what the json module does not know into what it does; TypeError names the type."""
    if isinstance(value, datetime.datetime):
        return format_datetime(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, _written_as_text):
        return str(value)
    if isinstance(value, datetime.timedelta):
        return duration_iso_string(value)
    if isinstance(value, set | frozenset | QuerySet):
        return list(value)
    own = _own_default()
    if own is not None:
        return own(value)
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if hasattr(value, "model_dump"):  # of pydantic: as its own schema says
        return value.model_dump(mode="json", by_alias=True)
    kind = type(value)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} can't be written as JSON")


def _writer(*, ensure_ascii: bool) -> Callable[[Any, int], Iterable[str]]:
    encoder = json.JSONEncoder(
        ensure_ascii=ensure_ascii, allow_nan=False, separators=(",", ":"), default=default
    )
    in_ascii, in_unicode = json.encoder.encode_basestring_ascii, json.encoder.encode_basestring
    string = in_ascii if ensure_ascii else in_unicode
    # What encode() makes anew for every call, at half its cost; without the table of what is
    # being written, which only words the error of a structure that contains itself. It is no
    # public API: an interpreter without it, or with another, does what is public.
    make: Any = getattr(json.encoder, "c_make_encoder", None)
    try:
        write: Callable[[Any, int], Iterable[str]] = make(
            None, default, string, None, ":", ",", False, False, False
        )
        if "".join(write({"": [1]}, 0)) != '{"":[1]}':
            raise TypeError
    except TypeError:
        return lambda value, _level: encoder.iterencode(value)
    return write


_write = _writer(ensure_ascii=False)
_write_ascii = _writer(ensure_ascii=True)


def to_json(value: Any) -> bytes:
    """Encode as UTF-8 JSON.

    Raises TypeError for a type that can't be written, ValueError for NaN and an infinity,
    RecursionError for a structure that contains itself.
    """
    text = "".join(_write(value, 0))
    try:
        return text.encode()
    except UnicodeEncodeError:
        # A lone surrogate, which a caller can send as an escape, has no UTF-8 form.
        return "".join(_write_ascii(value, 0)).encode("ascii")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(_("%(constant)s is not JSON") % {"constant": name})


def _finite(literal: str) -> float:
    value = float(literal)
    if not math.isfinite(value):
        raise ValueError(_("a number is out of range"))
    return value


class RepeatedValues(list[Any]):
    """The values of a key that a form, a query or a JSON object gives several times."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    values: dict[str, list[Any]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {name: v[0] if len(v) == 1 else RepeatedValues(v) for name, v in values.items()}


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_float=_finite
)


def from_json(text: str) -> Any:
    """Decode JSON text of a stranger's; a key given several times has RepeatedValues.

    Raises ValueError, with a reason that can be shown to the caller, for malformed text, NaN
    and infinities, numbers out of range and nesting deeper than `MAX_DEPTH`.
    """
    try:
        value = _decoder.decode(text)
    except json.JSONDecodeError as error:
        position = {"position": error.pos}
        raise ValueError(_("malformed JSON at position %(position)d") % position) from None
    except RecursionError:
        raise ValueError(_("nested too deeply")) from None
    except ValueError as error:
        # int() says how to lift its limit, which is no business of the caller's.
        reason = _("a number is out of range") if "digits" in str(error) else str(error)
        raise ValueError(reason) from None
    if (
        isinstance(value, dict | list)
        and text.count("[") + text.count("{") > MAX_DEPTH
        and _deeper_than(value, MAX_DEPTH)
    ):
        raise ValueError(_("nested too deeply"))
    return value


def _deeper_than(value: Any, limit: int) -> bool:
    layer = [value]
    for _depth in range(limit):
        layer = [
            child
            for parent in layer
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, dict | list)
        ]
        if not layer:
            return False
    return True
