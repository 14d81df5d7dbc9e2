"""Find what is wrong with a message before Celery, which would fall over it, gets it."""

import datetime
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from celery.app.task import Context
from celery.utils.time import maybe_iso8601
from kombu.message import Message

from eaglet.conf import conf

MOST_DECODED: Final = 10
"""How many times EAGLET_TASK_MAX_BYTES the body of a message may take."""


def most_bytes() -> int:
    """Return how large the body of a message may be, in bytes, once it is decompressed."""
    return MOST_DECODED * conf.EAGLET_TASK_MAX_BYTES


def fault_in(message: Message, declared: Callable[[str], object], most: int) -> str:
    """Return why a message can't be run; "" for what Celery's consumer can deal with itself.

    `declared` gives what takes a queue's tasks, a function of `@task`, whose messages have
    at `most` so many bytes.
    """
    headers: Any = message.headers or {}
    if not isinstance(headers, dict):
        return "its headers are no table"
    body, name = message.body, headers.get("task")
    is_declared = isinstance(name, str) and declared(name) is not None
    if is_declared and body is not None and len(body) > most:
        return f"its body has {len(body)} bytes, and at most {most} are taken"
    if "task" not in headers:
        return _fault_in_protocol_1(message)
    if not isinstance(name, str) or not isinstance(headers.get("id"), str):
        return "its headers name no task, or no id"
    if odd := _odd_header(headers):
        return f"its header {odd[:100]!r} is not as Celery's protocol 2 has it"
    expires = _aware(headers.get("expires")) if is_declared else None
    if expires and expires <= datetime.datetime.now(datetime.UTC):
        return f"it expired at {headers['expires']}"
    return _fault_in_payload(message)


def eta_of(headers: Mapping[str, Any]) -> datetime.datetime | None:
    """Return when a task whose headers were found right is to be begun; None: at once."""
    return _aware(headers.get("eta"))


def _is_optional(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: (
        value is None
        or (isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool)))
    )


def _is_time(value: Any) -> bool:
    if value is None:
        return True
    try:
        return isinstance(value, str) and _aware(value) is not None
    except (ValueError, TypeError, AttributeError, OverflowError):
        return False


def _are_limits(value: Any) -> bool:
    return value is None or (
        isinstance(value, list | tuple)
        and len(value) == 2
        and all(
            limit is None or (type(limit) in (int, float) and math.isfinite(limit) and limit >= 0)
            for limit in value
        )
    )


def _are(kind: type, value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, kind) for one in value)


_is_text = _is_optional(str)
_is_table = _is_optional(dict)
_HEADERS: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("lang", "origin", "shadow", "argsrepr", "kwargsrepr"), _is_text),
    **dict.fromkeys(("root_id", "parent_id", "group", "reply_to", "correlation_id"), _is_text),
    **dict.fromkeys(
        ("retries", "group_index", "replaced_task_nesting"),
        lambda value: value is None or (type(value) is int and 0 <= value < 2**31),
    ),
    **dict.fromkeys(("eta", "expires"), _is_time),
    **dict.fromkeys(("headers", "stamps", "properties", "delivery_info"), _is_table),
    "stamped_headers": lambda value: value is None or _are(str, value),
    "ignore_result": _is_optional(bool, int),
    "timelimit": _are_limits,
}
# What a worker alone may say of a task, and what such a header would hide.
_WORKERS_OWN: Final = {
    *("is_eager", "called_directly", "args", "kwargs", "callbacks", "errbacks", "chain", "chord")
} | {name for name in dir(Context) if callable(getattr(Context, name)) or name.startswith("_")}


def _odd_header(headers: Mapping[str, Any]) -> str:
    for name, value in headers.items():
        if name in _WORKERS_OWN or not _HEADERS.get(name, lambda value: True)(value):
            return str(name)
    return ""


def _aware(value: Any) -> datetime.datetime | None:
    if value is None:
        return None
    moment = maybe_iso8601(value)
    if not isinstance(moment, datetime.datetime):
        raise ValueError("no time")  # noqa: TRY004 - of a text
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(
        datetime.UTC
    )


def _fault_in_payload(message: Message) -> str:
    try:
        payload = message.payload
    except Exception:  # noqa: BLE001 - Celery will come by it, and call `on_decode_error`
        return ""
    if isinstance(payload, dict) and "args" in payload:
        return _fault_in_fields(payload)
    if not (
        isinstance(payload, list | tuple)
        and len(payload) == 3
        and isinstance(payload[0], list | tuple)
        and isinstance(payload[1], dict)
        and isinstance(payload[2], dict | None)
    ):
        return "its body is not arguments as Celery's protocol 2 has them"
    embedded = payload[2] or {}
    lists = [embedded.get(key) for key in ("callbacks", "errbacks", "chain")]
    if not (
        all(value is None or _are(dict, value) for value in lists)
        and isinstance(embedded.get("chord"), dict | None)
    ):
        return "what is to follow it is not as Celery's protocol 2 has it"
    return ""


def _fault_in_protocol_1(message: Message) -> str:
    try:
        payload = message.payload
    except Exception:  # noqa: BLE001 - as above
        return ""
    if not isinstance(payload, dict) or "task" not in payload:
        return ""  # Celery's consumer calls `on_unknown_message`
    if not isinstance(payload["task"], str) or not isinstance(payload.get("id"), str):
        return "its body names no task, or no id"
    return _fault_in_fields(payload)


def _fault_in_fields(payload: Mapping[str, Any]) -> str:
    if odd := _odd_header({key: payload[key] for key in _HEADERS if key in payload}):
        return f"its {odd!r} is not as Celery's protocol has it"
    if not isinstance(payload.get("args", []), list):
        return "its arguments are no list"
    if not isinstance(payload.get("kwargs", {}), dict):
        return "its named arguments are no object"
    return ""
