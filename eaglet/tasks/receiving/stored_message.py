"""A message as it was taken from the broker, kept so that it can be published again."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from celery.app.task import Context
from kombu.message import Message
from kombu.utils import json as celery_json

# Of protocol 2's headers, those that a task is described by; `retries` begins anew.
_HEADERS: Final = (
    "lang", "task", "id", "shadow", "group", "group_index", "timelimit", "root_id", "parent_id",
    "argsrepr", "kwargsrepr", "origin", "ignore_result", "replaced_task_nesting",
)  # fmt: skip
_EMBEDDED: Final = ("callbacks", "errbacks", "chain", "chord")


@dataclass(frozen=True)
class StoredMessage:
    """Body, as bytes, and what a broker is told with it."""

    body: bytes
    content_type: str = "application/json"
    content_encoding: str = "utf-8"
    headers: Mapping[str, Any] = field(default_factory=dict)
    exchange: str = ""
    routing_key: str = ""
    priority: int | None = None

    @classmethod
    def from_message(cls, message: Message) -> StoredMessage:
        """Take it from a message that is not acknowledged yet."""
        body = message.body
        info: Any = message.delivery_info or {}
        properties: Any = message.properties or {}
        return cls(
            body=body.encode() if isinstance(body, str) else bytes(body or b""),
            content_type=message.content_type or "application/octet-stream",
            content_encoding=message.content_encoding or "binary",
            headers=dict(message.headers or {}),
            exchange=info.get("exchange") or "",
            routing_key=info.get("routing_key") or "",
            priority=properties.get("priority"),
        )

    @classmethod
    def from_request(cls, request: Context, name: str, args: Any, kwargs: Any) -> StoredMessage:
        """Make it anew of a task that is being run; its arguments as they came."""
        told = vars(request)
        embedded = {key: told.get(key) for key in _EMBEDDED}
        info: Any = request.delivery_info or {}
        return cls(
            body=celery_json.dumps([list(args), kwargs, embedded]).encode(),
            headers={
                **(request.headers or {}),
                **{key: told[key] for key in _HEADERS if told.get(key) is not None},
                "task": name,
                "id": request.id,
                "retries": 0,
            },
            exchange=info.get("exchange") or "",
            routing_key=info.get("routing_key") or "",
            priority=info.get("priority"),
        )

    @classmethod
    def from_text(cls, text: str) -> StoredMessage:
        """Read what `to_text` wrote."""
        fields = json.loads(text)
        body = fields.pop("text", None)
        raw = fields.pop("base64", "")
        return cls(
            body=base64.b64decode(raw) if body is None else body.encode(),
            **fields,
        )

    def to_text(self) -> str:
        """JSON text in ASCII, for a column."""
        fields = {key: value for key, value in vars(self).items() if key != "body"}
        try:
            fields["text"] = self.body.decode()
        except UnicodeDecodeError:
            fields["base64"] = base64.b64encode(self.body).decode()
        return json.dumps(fields, default=str)

    @property
    def arguments(self) -> Any:
        """What the handler gets: its one argument, or all there is. Raises ValueError."""
        args, kwargs, *_ = json.loads(self.body)
        if len(args) == 1 and not kwargs:
            return args[0]
        return {"args": args, "kwargs": kwargs}
