"""Get a service's OpenAPI document, from the service or from a file."""

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
import yaml

from eaglet.exceptions import EagletError

LARGEST_BYTES: Final = 20_000_000
TIMEOUT_SECONDS: Final = (5, 30)
"""To connect, and between two parts of the answer."""

_PATH: Final = "/openapi.json"
_ENDINGS: Final = (".json", ".yaml", ".yml")


class InvalidDocument(EagletError):
    """There is no such document, or nothing can be made of it; the message is for a person."""


def load(source: str) -> dict[str, Any]:
    """Return the OpenAPI 3 document at a URL, or in a file of JSON or YAML; or InvalidDocument.

    A URL that names no `.json`, `.yaml` or `.yml` is that of a service, whose document is at
    `/openapi.json`. What the message names of a URL is without user, password and query.
    """
    is_url = source.lower().startswith(("http://", "https://"))
    named = "the URL" if is_url else source
    try:
        if not is_url:
            with Path(source).open("rb") as opened:
                return _parsed(opened.read(LARGEST_BYTES + 1), named)
        parts = urlsplit(source)
        if not parts.path.endswith(_ENDINGS):
            parts = parts._replace(path=parts.path.rstrip("/") + _PATH, query="", fragment="")
        public = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        named = urlunsplit(public)
        return _parsed(_fetched(urlunsplit(parts), named), named)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidDocument(f"{named} can't be read: {reason}") from error


def _fetched(url: str, public_url: str) -> bytes:
    with requests.Session() as session:
        # As the calls themselves: proxies and netrc are the environment's, not the project's.
        session.trust_env = False
        with session.get(
            url, stream=True, timeout=TIMEOUT_SECONDS, allow_redirects=False
        ) as answer:
            status = answer.status_code
            if status == requests.codes.ok:
                content = bytearray()
                for part in answer.iter_content(65536):
                    content += part
                    if len(content) > LARGEST_BYTES:
                        break
                return bytes(content)
    reason = ""
    if 300 <= status < 400 or status in (401, 403, 404):
        reason = (
            ": the document is for those who may see how the service is built (EAGLET_CONSOLE "
            "there). Have the service write it to a file, by `manage.py openapi --output FILE`"
        )
    raise InvalidDocument(f"{public_url} answers with HTTP {status}{reason}")


def _parsed(content: bytes, source: str) -> dict[str, Any]:
    if len(content) > LARGEST_BYTES:
        raise InvalidDocument(f"{source} has more than {LARGEST_BYTES:,} bytes")
    is_yaml = source.endswith((".yaml", ".yml"))
    try:
        text = content.decode("utf-8")
        document: Any = yaml.safe_load(text) if is_yaml else json.loads(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        raise InvalidDocument(f"{source} is not {'YAML' if is_yaml else 'JSON'}") from None
    if isinstance(document, dict) and str(document.get("openapi")).startswith("3."):
        return document
    raise InvalidDocument(f"{source} is no OpenAPI 3 document")
