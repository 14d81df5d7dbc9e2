"""Log records as JSON, one object a line.

In LOGGING: `"formatters": {"json": {"()": "eaglet.observability.json_formatter.JsonFormatter"}}`.
"""

import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from pythonjsonlogger.core import RESERVED_ATTRS, BaseJsonFormatter

from eaglet.conf.naming import service_name
from eaglet.encoding import to_json
from eaglet.observability import tracing
from eaglet.observability.redaction import MASK, is_secret_name, redact_text, redact_values

_FIELDS: Final = {"asctime": "time", "levelname": "level", "name": "logger", "message": "message"}


class JsonFormatter(BaseJsonFormatter):
    """Write a record as one line of JSON.

    `time` (UTC, ISO 8601), `level`, `logger`, `message`, `service`, the record's `extra` fields,
    and of an exception `exception`, its traceback. Every record of a call has its `request_id` and
    `trace_id`. What looks like a secret is masked; what JSON can't carry is written as text.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        reserved = [*RESERVED_ATTRS, *_FIELDS.values(), "color_message", "taskName"]
        super().__init__([*_FIELDS], rename_fields=_FIELDS, reserved_attrs=reserved)

    def add_fields(
        self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]
    ) -> None:
        """Take the fields from the record alone: the keys of a dict as message may be anybody's."""
        record.message = record.getMessage()
        super().add_fields(log_data, record, {})
        for name, value in (
            ("exception", message_dict.get("exc_info")),
            ("stack", message_dict.get("stack_info")),
        ):
            if value:
                log_data[name] = value
        log_data.setdefault("service", service_name())
        if trace := tracing.current():
            log_data.setdefault("request_id", trace.request_id)
            log_data.setdefault("trace_id", trace.trace_id)

    def jsonify_log_record(self, log_data: dict[str, Any]) -> str:
        """Mask secrets and encode; never raise for what a record holds."""
        fields = {name: _redacted(name, value) for name, value in log_data.items()}
        try:
            return to_json(fields).decode()
        except Exception:  # noqa: BLE001 - a record must be written whatever is in it
            return to_json({name: _writable(value) for name, value in fields.items()}).decode()


def _redacted(name: str, value: Any) -> Any:
    # The record of a call says by "credentials" which kind was sent, never which one.
    if is_secret_name(name) and name != "credentials":
        return MASK
    if isinstance(value, Mapping):
        return redact_values(value)
    return redact_text(value) if isinstance(value, str) else value


def _writable(value: Any) -> Any:
    try:
        to_json(value)
    except Exception:  # noqa: BLE001 - as above
        try:
            return redact_text(repr(value))
        except Exception as error:  # noqa: BLE001 - as above
            return f"<{type(value).__name__} whose repr() raises {type(error).__name__}>"
    return value
