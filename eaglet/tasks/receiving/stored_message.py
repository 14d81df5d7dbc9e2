"""Keep a message as it was taken from the broker, so that it can be published again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from celery.app.task import Context
from kombu.connection import Connection
from kombu.message import Message
from kombu.utils import json as celery_json

from eaglet.exceptions import BrokerUnavailable, PublishError
from eaglet.tasks.broker.errors import concerns_every_task, is_of_the_connection, reason
from eaglet.tasks.broker.headers import EVENT, REQUEST_ID, TRACEPARENT
from eaglet.tasks.receiving.validation import most_bytes

# What a task is described by, of protocol 2's headers and of eaglet's; `retries` begins anew.
_HEADERS: Final = (
    "lang", "task", "id", "shadow", "group", "group_index", "timelimit", "root_id", "parent_id",
    "argsrepr", "kwargsrepr", "origin", "ignore_result", "replaced_task_nesting", "expires",
    EVENT, REQUEST_ID, TRACEPARENT, "tracestate",
)  # fmt: skip
_MOST_HEADER_BYTES: Final = 16_384
_EMBEDDED: Final = ("callbacks", "errbacks", "chain", "chord")


@dataclass(frozen=True)
class StoredMessage:
    """Body and properties of a message; `cut` where it was too large to be kept."""

    body: bytes
    content_type: str = "application/json"
    content_encoding: str = "utf-8"
    headers: Mapping[str, Any] = field(default_factory=dict)
    exchange: str = ""
    routing_key: str = ""
    priority: int | None = None
    cut: bool = False

    @classmethod
    def from_message(cls, message: Message) -> StoredMessage:
        """Take it from a message that is not acknowledged yet."""
        body = message.body
        raw = body.encode(errors="replace") if isinstance(body, str) else bytes(body or b"")
        info: Any = message.delivery_info or {}
        properties: Any = message.properties or {}
        headers = dict(message.headers) if isinstance(message.headers, dict) else {}
        # Those that make a task wait, or end, were heeded; a body that was decompressed is plain.
        for name in ("eta", *(() if message.errors else ("compression",))):
            headers.pop(name, None)
        return cls(
            body=raw[: most_bytes()],
            cut=len(raw) > most_bytes(),
            content_type=_text(message.content_type) or "application/octet-stream",
            content_encoding=_text(message.content_encoding) or "binary",
            headers=headers,
            exchange=_text(info.get("exchange")),
            routing_key=_text(info.get("routing_key")),
            priority=_priority(properties.get("priority")),
        )

    @classmethod
    def from_request(cls, request: Context, name: str, args: Any, kwargs: Any) -> StoredMessage:
        """Make it anew of a task that is being run; its arguments as they came."""
        known = vars(request)
        embedded = {key: known.get(key) for key in _EMBEDDED}
        info: Any = request.delivery_info or {}
        return cls(
            body=celery_json.dumps([list(args), kwargs, embedded]).encode(),
            headers={
                **(request.headers or {}),
                **{key: known[key] for key in _HEADERS if known.get(key) is not None},
                "task": name,
                "id": request.id,
                "retries": 0,
            },
            # Where it came from may be a queue bound to any exchange; its own is named like it.
            routing_key=name,
            priority=_priority(info.get("priority")),
        )

    @classmethod
    def from_text(cls, text: str) -> StoredMessage:
        """Read what `to_text` wrote."""
        fields = json.loads(text)
        body = fields.pop("text", None)
        raw = fields.pop("base64", "")
        return cls(body=base64.b64decode(raw) if body is None else body.encode(), **fields)

    def to_text(self) -> str:
        """Return JSON text in ASCII, for a column; without headers that would take too much."""
        fields = {**vars(self), "headers": _bounded(self.headers)}
        del fields["body"]
        try:
            fields["text"] = self.body.decode()
        except UnicodeDecodeError:
            fields["base64"] = base64.b64encode(self.body).decode()
        return json.dumps(fields, default=str)

    @property
    def arguments(self) -> Any:
        """Return what the handler gets: its one argument, or all there is. Raises ValueError."""
        args, kwargs, *_ = json.loads(self.body)
        if len(args) == 1 and not kwargs:
            return args[0]
        return {"args": args, "kwargs": kwargs}


def _bounded(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(repr(headers)) <= _MOST_HEADER_BYTES:
        return headers
    return {
        name: value
        for name, value in headers.items()
        if name in _HEADERS and len(repr(value)) <= _MOST_HEADER_BYTES
    }


def _text(value: Any) -> str:
    return value[:255] if isinstance(value, str) else ""


def _priority(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 255 else None


def publish_stored(
    connection: Connection, message: StoredMessage, headers: Mapping[str, Any]
) -> None:
    """Publish a message to where it came from, with these headers, and have that confirmed.

    Raises PublishError when the broker refuses it or it was not kept whole, BrokerUnavailable
    when no broker can be reached.
    """
    if message.cut:
        raise PublishError("its body was too large to be kept whole")
    try:
        connection.ensure_connection(max_retries=1, timeout=5)
        with connection.channel() as channel:
            producer: Any = connection.Producer(channel, auto_declare=False)
            producer.publish(
                message.body,
                exchange=message.exchange,
                routing_key=message.routing_key,
                content_type=message.content_type,
                content_encoding=message.content_encoding,
                headers=headers,
                delivery_mode=2,
                priority=message.priority,
                # RabbitMQ would confirm, and drop, what no queue takes.
                mandatory=True,
            )
    except ValueError:
        # What was wrong with the URL is quoted by the error, and may be part of a password.
        raise BrokerUnavailable("the broker's URL, or the message, can't be used") from None
    except Exception as error:
        away = concerns_every_task(error) or is_of_the_connection(error, connection)
        raise (BrokerUnavailable if away else PublishError)(reason(error)) from error
