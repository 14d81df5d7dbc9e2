"""Check what a task is sent with, and make its arguments plain JSON before Celery sees them."""

import datetime
import decimal
import json
import math
import re
from collections.abc import Collection
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from eaglet import encoding
from eaglet.conf import conf
from eaglet.exceptions import InvalidTask
from eaglet.tasks.database import utc_now, with_zone

MAX_QUEUE_NAME_BYTES: Final = 255
"""AMQP 0-9-1 §4.2.5.3: a name is a short string."""

MAX_KEY_LENGTH: Final = 255
MAX_PRIORITY: Final = 9

_WORD: Final = re.compile(r"[A-Za-z0-9_-]+")

# RabbitMQ's, and the keys that kombu keeps its books under in Redis.
_BROKERS_OWN: Final = re.compile(r"amq\.|_kombu\.|unacked(_index|_mutex)?$")

# Python writes, and reads, no more than 4,300 digits unless told to.
_TOO_LARGE: Final = 10**4300


def check_queue_name(name: object) -> str:
    """Return the name if a queue could have it. Raises InvalidTask, saying why not."""
    if not isinstance(name, str):
        raise InvalidTask(f"a queue's name is a str, not {type(name).__name__}")
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        raise InvalidTask("a queue's name must be valid Unicode") from None
    if not name or name != name.strip() or not name.isprintable():
        raise InvalidTask(
            f"{name!r} can't be a queue's name: it is empty, or has white space at an end or "
            "characters that can't be printed"
        )
    if size > MAX_QUEUE_NAME_BYTES:
        raise InvalidTask(
            f"a queue's name has at most {MAX_QUEUE_NAME_BYTES} bytes in UTF-8; this one, "
            f"{name[:40]!r}…, has {size}"
        )
    if _BROKERS_OWN.match(name):
        raise InvalidTask(f"{name!r} can't be a queue's name: a broker keeps it for itself")
    return name


def check_event_name(name: object, wildcards: Collection[str] = ()) -> str:
    """Return the name of an event, or a pattern of names. Raises InvalidTask, saying why not."""
    words = name.split(".") if isinstance(name, str) else [""]
    if not all(word in wildcards or _WORD.fullmatch(word) for word in words):
        raise InvalidTask(
            f"{name!r:.80} can't be the name of an event: it is made of words of A-Z, a-z, 0-9, _ "
            "and -, with dots between them"
            + (", each of which may be * (any one) or # (any number)" if wildcards else "")
        )
    return check_queue_name(name)


def check_key(key: object, name: str) -> str:
    """Return an order or a unique key, "" for None. Raises InvalidTask, saying why it is none."""
    if key is None:
        return ""
    if not isinstance(key, str):
        raise InvalidTask(f"{name} is a str, not {type(key).__name__}")
    if not key or not key.isprintable() or len(key) > MAX_KEY_LENGTH:
        raise InvalidTask(
            f"{key[:40]!r} can't be {name}: it has 1 to {MAX_KEY_LENGTH} characters, "
            "all of which can be printed"
        )
    return key


def check_priority(priority: object) -> int:
    """Return a priority. Raises InvalidTask, saying why it is none."""
    if type(priority) is not int or not 0 <= priority <= MAX_PRIORITY:
        raise InvalidTask(
            f"a priority is a whole number from 0 to {MAX_PRIORITY}, the most urgent; "
            f"not {priority!r:.40}"
        )
    return priority


def check_time(
    delay_seconds: float | None, at: datetime.datetime | None
) -> datetime.datetime | None:
    """Return the earliest time to publish at; None: at once, also for a time that has passed.

    Raises InvalidTask for what is no time to wait for, and for both at once.
    """
    if delay_seconds is None and at is None:
        return None
    if delay_seconds is not None and at is not None:
        raise InvalidTask("delay_seconds and at exclude each other")
    now = utc_now()
    moment = _checked(at) if delay_seconds is None else _after(now, delay_seconds)
    return moment if moment > now else None


def _after(now: datetime.datetime, seconds: object) -> datetime.datetime:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise InvalidTask(f"delay_seconds is a number, not {type(seconds).__name__}")
    if not 0 <= seconds < math.inf:
        raise InvalidTask(f"delay_seconds is {seconds!r:.40}; it must be 0 or more, and finite")
    try:
        return now + datetime.timedelta(seconds=seconds)
    except OverflowError:
        raise InvalidTask(
            f"delay_seconds is {seconds!r:.40}: beyond the last year there is"
        ) from None


def _checked(at: object) -> datetime.datetime:
    if not isinstance(at, datetime.datetime):
        raise InvalidTask(f"at is a datetime, not {type(at).__name__}")
    if settings.USE_TZ and timezone.is_naive(at):
        raise InvalidTask("at has no time zone, and USE_TZ is on: use django.utils.timezone")
    return with_zone(at)


def to_json(args: object) -> str:
    """Return arguments as JSON text in ASCII, dates and the like as in an answer.

    Raises InvalidTask for what is no dict of names, naming the path for what JSON can't carry, and
    for what is larger than EAGLET_TASK_MAX_BYTES.
    """
    if not isinstance(args, dict):
        raise InvalidTask(
            f"args is a dict, not {type(args).__name__}: send {{}} for nothing, and several values "
            'by their names, as {"items": [1, 2]}'
        )
    for key in args:
        if not isinstance(key, str):
            raise InvalidTask(
                f'args has the key {key!r:.40}: its keys are names, as in {{"items": [1, 2]}}'
            )
    # ASCII, so that no database or broker on the way can lose a character.
    text = json.dumps(_plain(args, "args", 0), allow_nan=False, separators=(",", ":"))
    limit = conf.EAGLET_TASK_MAX_BYTES
    if len(text) > limit:
        raise InvalidTask(
            f"the arguments take {len(text)} bytes as JSON; at most {limit} are sent"
            " (EAGLET_TASK_MAX_BYTES)"
        )
    return text


def _plain(value: Any, path: str, depth: int) -> Any:
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _text(str.__str__(value), path)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidTask(f"{path}: {float(value)!r} is not JSON")
        return float(value)
    if isinstance(value, int):
        if not -_TOO_LARGE < value < _TOO_LARGE:
            raise InvalidTask(f"{path}: a number of more than 4,300 digits")
        return int(value)
    if isinstance(value, decimal.Decimal) and not value.is_finite():
        raise InvalidTask(f"{path}: {value} is not JSON")
    if depth >= encoding.MAX_DEPTH:
        raise InvalidTask(
            f"{path[:80]}…: nested more than {encoding.MAX_DEPTH} deep, or inside itself"
        )
    if isinstance(value, dict):
        return _plain_dict(value, path, depth)
    if isinstance(value, list | tuple):
        return [_plain(item, f"{path}[{i}]", depth + 1) for i, item in enumerate(value)]
    try:
        known = encoding.default(value)
    except TypeError as error:
        raise InvalidTask(f"{path}: {error}") from None
    return _plain(known, path, depth + 1)


def _plain_dict(value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
    if isinstance(value, MultiValueDict):  # a request's, whose items() leave values out
        value = {key: some[0] if len(some) == 1 else some for key, some in value.lists()}
    plain: dict[str, Any] = {}
    for key, item in value.items():
        name = _key(key, path)
        where = f"{path}.{name}" if name.isidentifier() else f"{path}[{name!r}]"
        if name == "__type__":
            # kombu's decoder takes such an object for a typed value of its own.
            raise InvalidTask(f"{where}: an argument can't be named __type__")
        if name in plain:
            raise InvalidTask(f"{where}: two keys become the same name in JSON")
        plain[name] = _plain(item, where, depth + 1)
    return plain


def _key(key: Any, path: str) -> str:
    if isinstance(key, str):
        return _text(str.__str__(key), path)
    if key is None or isinstance(key, bool | int):
        return json.dumps(key if key is None or isinstance(key, bool) else int(key))
    if isinstance(key, float) and math.isfinite(key):
        return json.dumps(float(key))
    raise InvalidTask(f"{path}: JSON has no keys of type {type(key).__name__}")


def _text(value: str, path: str) -> str:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise InvalidTask(f"{path}: a lone surrogate is not Unicode text") from None
    return value
