"""Log records as JSON, one object a line.

In LOGGING: `"formatters": {"json": {"()": "eaglet.observability.json_formatter.JsonFormatter"}}`.
"""

from __future__ import annotations

import datetime
import logging
from collections.abc import Mapping
from typing import Any, Final

from eaglet.encoding import to_json
from eaglet.observability import tracing
from eaglet.observability.redaction import MASK, is_secret_name, redact_text, redact_values

# What every record has; what it has besides was given as `extra`.
_STANDARD: Final = frozenset(
    {*vars(logging.makeLogRecord({})), "asctime", "color_message", "message", "taskName"}
)
# Of the record of a call to another service: which kind was sent along, never one itself.
_NO_SECRETS: Final = frozenset({"credentials"})


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON.

    `time` (UTC, ISO 8601), `level`, `logger`, `message`, the record's `extra` fields, and of an
    exception `exception`, its traceback. Every record of a call has its `request_id` and
    `trace_id`. What looks like a secret is masked; what JSON can't carry is written as text.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write a record; never raises for what it holds."""
        moment = datetime.datetime.fromtimestamp(record.created, datetime.timezone.utc)
        fields: dict[str, Any] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact_text(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD and name not in fields:
                fields[name] = _shown(name, value)
        trace = tracing.current()
        if trace is not None:
            fields.setdefault("request_id", trace.request_id)
            fields.setdefault("trace_id", trace.trace_id)
        if record.exc_info and not record.exc_text:
            record.exc_text = self.formatException(record.exc_info)
        if record.exc_text:
            fields["exception"] = redact_text(record.exc_text)
        if record.stack_info:
            fields["stack"] = redact_text(self.formatStack(record.stack_info))
        return _line(fields)


def _shown(name: str, value: Any) -> Any:
    if name in _NO_SECRETS:
        return value
    if is_secret_name(name):
        return MASK
    if isinstance(value, Mapping):
        return redact_values(value)
    return redact_text(value) if isinstance(value, str) else value


def _line(fields: dict[str, Any]) -> str:
    try:
        return to_json(fields).decode()
    except Exception:  # noqa: BLE001 - a record must be written whatever is in it
        return to_json({name: _writable(value) for name, value in fields.items()}).decode()


def _writable(value: Any) -> Any:
    try:
        to_json(value)
    except Exception:  # noqa: BLE001 - as above
        return redact_text(_text(value))
    return value


def _text(value: Any) -> str:
    try:
        return repr(value)
    except Exception as error:  # noqa: BLE001 - as above
        return f"<{type(value).__name__} whose repr() raises {type(error).__name__}>"
