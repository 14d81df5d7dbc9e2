"""Mask secrets and tokens in what is logged, by their names and by their looks."""

import logging
import re
from collections.abc import Mapping
from typing import Any, Final

MASK: Final = "***"


class Concealed(str):
    """A secret that does not show where values are shown: in local variables, in a log."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)


_SECRET_NAME = re.compile(
    r"secret|token|passw|pwd|authorization|cookie|credential|api[_-]?key|private|signature|session",
    re.IGNORECASE,
)
# These take time in proportion to the text: a name is only looked for where one begins.
_NAME = re.compile(r"""(?<![\w-])([\w-]+)["']?\s*[=:]\s*""")
_VALUE = re.compile(
    r"""(?isx)
    "(?:[^"\\]|\\.)*(?:"|\\?\Z) | '(?:[^'\\]|\\.)*(?:'|\\?\Z)
    | (?:(?:bearer|basic|token|digest)\s+)?[^\s&;,"'<>(){}\[\]]+
    """
)
# Of eaglet, of whatever a header carries, and JWTs: their headers are JSON in base64url.
_BY_LOOKS = re.compile(
    r"\beg[st]_[A-Za-z0-9_-]{16,}|\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
)

_LONGEST: Final = 200
# Control characters, ends of lines and paragraphs, changes of direction, lone surrogates.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

# RFC 3986 §3.2.1: what stands before the host, and may hold a password.
_USERINFO = re.compile(r"(?<=://)[^\s/@]+(?=@)")


def is_secret_name(name: str) -> bool:
    """Tell whether a parameter, header or setting of that name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def redact_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy a mapping with the values of secret names masked, nested mappings and lists too."""
    return {name: MASK if is_secret_name(str(name)) else _redact(v) for name, v in values.items()}


def _redact(value: Any) -> Any:
    if isinstance(value, Mapping):
        return redact_values(value)
    if isinstance(value, list | tuple):
        return [_redact(item) for item in value]
    if isinstance(value, str):
        return redact_text(value)
    return value


def loggable(values: Mapping[str, Any], most: int = 100) -> dict[str, Any]:
    """Copy a mapping as a log may have it: redacted, and no more than a stranger may write there.

    Of all that is in it, however nested, the first `most` values stay, of strings and names 200
    characters, of bytes their number.
    """
    shown: dict[str, Any] = _clipped(values, [most])
    return redact_values(shown)


def _clipped(value: Any, left: list[int]) -> Any:
    left[0] -= 1
    if isinstance(value, str):
        return value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"<{len(value)} bytes>"
    if isinstance(value, Mapping):
        shown: dict[str, Any] = {}
        for name, each in value.items():
            if left[0] <= 0:
                shown["…"] = "…"
                break
            shown[str(name)[:_LONGEST]] = _clipped(each, left)
        return shown
    if isinstance(value, list | tuple | set | frozenset):
        items: list[Any] = []
        for each in value:
            if left[0] <= 0:
                items.append("…")
                break
            items.append(_clipped(each, left))
        return items
    return value


def one_line(text: str) -> str:
    """Escape what would end a line of a log, or mean something to a terminal, as Python does."""
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


def redact_text(text: str) -> str:
    """Mask what looks like a secret or a token in free text: a URL, a header, a message."""
    parts = []
    done = 0
    for name in _NAME.finditer(text):
        if name.start() < done or not is_secret_name(name[1]):
            continue
        value = _VALUE.match(text, name.end())
        if value is not None:
            parts += [text[done : name.end()], MASK]
            done = value.end()
    return _USERINFO.sub(MASK, _BY_LOOKS.sub(MASK, "".join([*parts, text[done:]])))


_formatter: Final = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Mask secrets in every record: its message, traceback and stack; a filter for logging."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record's message; never drop the record."""
        message = record.getMessage()
        redacted = redact_text(message)
        if redacted != message:
            record.msg, record.args = redacted, None
        if record.exc_info:  # a formatter takes the text that is there
            text = record.exc_text or _formatter.formatException(record.exc_info)
            record.exc_text = redact_text(text)
        if record.stack_info:
            record.stack_info = redact_text(record.stack_info)
        return True
