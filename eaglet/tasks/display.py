"""Limit what logs, results and the admin show of arguments and errors."""

import os
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from kombu.exceptions import OperationalError

from eaglet.exceptions import TaskError
from eaglet.observability.redaction import redact_text, redact_values

_MAX_REPR: Final = 1024
_MAX_ERROR: Final = 1000
_MAX_TRACEBACK: Final = 20_000
_HERE: Final = f"{Path(__file__).parent}{os.sep}"


def redacted_repr(args: list[Any]) -> str:
    """Return what may be shown of the arguments: without the values of secret names."""
    text = repr(redact_values({"args": args})["args"])
    return text if len(text) <= _MAX_REPR else f"{text[:_MAX_REPR]}…"


def describe(error: BaseException) -> str:
    """Return an error in one line that may be logged and kept."""
    if isinstance(error, OperationalError) and error.__cause__ is not None:
        error = error.__cause__  # kombu's name for it is the one databases have for theirs
    try:
        reason = as_line(str(error))
    except Exception:  # noqa: BLE001 - an error's own code may fail
        reason = "(it has no text)"
    return redact_text(f"{type(error).__name__}: {reason}")[:_MAX_ERROR]


def as_line(text: str) -> str:
    """Return text as a line of a log may show it: in one line, without control characters."""
    text = " ".join(text[: 4 * _MAX_ERROR].split())
    return text if text.isprintable() else ascii(text)[1:-1]


def presentable(error: BaseException) -> Exception:
    """Return an error that Celery can log, keep and survive: itself, or one that describes it."""
    # Celery lets a MemoryError end the process, and knows nothing of what is no Exception.
    if isinstance(error, Exception) and not isinstance(error, MemoryError):
        with suppress(Exception):  # an error's own code may fail
            str(error), repr(error)
            return error
    return TaskError(describe(error))


def as_column(text: str, length: int | None = None) -> str:
    """Return text as every database takes it: no NUL, nothing but Unicode, not too long."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\0")[:length]


def redacted_traceback(error: BaseException) -> str:
    """Return an error's traceback from the handler on, without what looks like a secret."""
    first = error.__traceback__
    while first is not None and first.tb_frame.f_code.co_filename.startswith(_HERE):
        first = first.tb_next
    try:
        lines = traceback.format_exception(type(error), error, first or error.__traceback__)
    except Exception:  # noqa: BLE001 - an error's own code may fail
        return describe(error)
    return redact_text("".join(lines))[-_MAX_TRACEBACK:]
