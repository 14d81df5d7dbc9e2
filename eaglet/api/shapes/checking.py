"""Check answers: that there is a schema, at start-up, and in tests that what is encoded fits."""

import functools
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from types import NoneType
from typing import Any, Final, get_args, get_origin
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.http.response import HttpResponseBase

from eaglet.api.shapes.declaration import answer_of
from eaglet.conf import conf
from eaglet.encoding import to_json
from eaglet.envelope import SUCCESS
from eaglet.exceptions import AnswerMismatch
from eaglet.params.models import DICTS, LISTS, UNIONS, fields_of, is_record, path_of, unwrapped

Handler = Callable[[Any], Any]

# Whatever is made of them has a schema: of a service that answers no more, no start has to import
# drf-spectacular, jsonschema and pydantic to know that.
_PLAIN: Final = (
    Any, None, NoneType, str, int, float, bool, dict, list, date, datetime, Decimal, UUID,
)  # fmt: skip

_lock = threading.Lock()
_blocks = 0


def check_shape(place: str, verb: str, handler: Handler) -> None:
    """Raise ImproperlyConfigured, naming all three, where no schema can be made of an answer."""
    annotation = getattr(handler, "__annotations__", {}).get("return")
    try:
        shape = annotation = answer_of(handler)
        if not _is_plain(shape):
            validator_of(shape)
    except Exception as error:
        raise ImproperlyConfigured(
            f"{place}: no schema can be made of what {verb} answers, {annotation!r}: {error}"
        ) from error


def _is_plain(hint: Any, above: tuple[Any, ...] = ()) -> bool:
    hint = unwrapped(hint)
    if hint in _PLAIN or hint in above:
        return True
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if is_record(hint):
        inner = tuple(field for field, _needed in fields_of(hint).values())
    elif kind in DICTS and inner[:1] == (str,):
        inner = inner[1:]
    elif kind not in (*LISTS, *UNIONS):
        return False
    return all(_is_plain(each, (*above, hint)) for each in inner)


def validator_of(shape: Any) -> Any:
    """Return jsonschema's validator of a shape; raises what `schema_of` does."""
    # They bring drf-spectacular, which a service that declares no answers never needs.
    from jsonschema import Draft202012Validator, FormatChecker  # noqa: PLC0415

    from eaglet.api.shapes.schema import standalone  # noqa: PLC0415

    # Of these both serializers and pydantic leave out the time zone where it is not known, and
    # jsonschema does not, where what it checks them with is installed.
    known = Draft202012Validator.FORMAT_CHECKER.checkers.keys() - {"date-time", "time"}
    return Draft202012Validator(standalone(shape), format_checker=FormatChecker(known))


@contextmanager
def checked_answers(on_change: Callable[[], Any]) -> Iterator[None]:
    """Check every answer that is given in the block, by any thread.

    `on_change` is called where that begins and where it ends.
    """
    global _blocks  # noqa: PLW0603 - under the lock
    with _lock:
        _blocks += 1
        on_change()
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            on_change()


def are_checked() -> bool:
    """Tell whether answers are checked: by EAGLET_CHECK_ANSWERS, or in a test's block."""
    return bool(conf.EAGLET_CHECK_ANSWERS or _blocks)


def checking(handler: Handler, place: str, shape: Any) -> Handler:
    """Return a handler that raises AnswerMismatch for an answer of another shape."""
    validator = functools.cache(lambda: validator_of(shape))

    @functools.wraps(handler)
    def checked(args: Any) -> Any:
        result = handler(args)
        code, data = result if isinstance(result, tuple) and len(result) == 2 else (SUCCESS, result)
        if code == SUCCESS and not isinstance(result, HttpResponseBase):
            encoded = json.loads(to_json(data))
            if fault := fault_in(encoded, validator()):
                raise AnswerMismatch(f"{place} answers what it does not declare: {fault}")
        return result

    return checked


def fault_in(data: Any, validator: Any) -> str:
    """Say where `data` is not of a shape, and how; no value of it. "" where it is."""
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    error = best_match(validator.iter_errors(data))
    if error is None:
        return ""
    path = f"data{path_of(error.absolute_path)}"
    if error.validator == "required":
        name = next(name for name in error.validator_value if name not in error.instance)
        return f"{path}.{name}: missing"
    return (
        f"{path}: not of {error.validator} {json.dumps(error.validator_value, default=str)[:200]}"
    )
