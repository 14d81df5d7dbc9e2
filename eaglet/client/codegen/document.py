"""Get a service's OpenAPI document, from the service or from a file."""

from __future__ import annotations

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
    if not source.lower().startswith(("http://", "https://")):
        return _parsed(_read(Path(source)), source)
    try:
        parts = urlsplit(source)
    except ValueError as error:
        raise InvalidDocument(f"the URL can't be read: {error}") from None
    if not parts.path.endswith(_ENDINGS):
        parts = parts._replace(path=parts.path.rstrip("/") + _PATH, query="", fragment="")
    public = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return _parsed(_fetched(urlunsplit(parts), urlunsplit(public)), urlunsplit(public))


def _fetched(url: str, public_url: str) -> str:
    content = bytearray()
    try:
        with requests.Session() as session:
            # As the calls themselves: proxies and netrc are the environment's, not the project's.
            session.trust_env = False
            with session.get(
                url, stream=True, timeout=TIMEOUT_SECONDS, allow_redirects=False
            ) as answer:
                _check_status(answer.status_code, public_url)
                for part in answer.iter_content(65536):
                    content += part
                    if len(content) > LARGEST_BYTES:
                        raise InvalidDocument(
                            f"{public_url} answers with more than {LARGEST_BYTES:,} bytes"
                        )
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidDocument(f"{public_url} does not answer with UTF-8") from None
    except (requests.RequestException, ValueError) as error:
        raise InvalidDocument(f"{public_url} can't be read: {type(error).__name__}") from error


def _check_status(status: int, url: str) -> None:
    if status == requests.codes.ok:
        return
    reason = ""
    if 300 <= status < 400 or status in (401, 403, 404):
        reason = (
            ": the document is for those who may see how the service is built (EAGLET_CONSOLE "
            "there). Have the service write it to a file, by `manage.py openapi --output FILE`"
        )
    raise InvalidDocument(f"{url} answers with HTTP {status}{reason}")


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_BYTES + 1)
        if len(content) > LARGEST_BYTES:
            raise InvalidDocument(f"{file} has more than {LARGEST_BYTES:,} bytes")
        return content.decode("utf-8")
    except OSError as error:
        raise InvalidDocument(f"{file} can't be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise InvalidDocument(f"{file} is not UTF-8") from None


def _parsed(text: str, source: str) -> dict[str, Any]:
    is_yaml = source.endswith((".yaml", ".yml"))
    try:
        document: Any = yaml.safe_load(text) if is_yaml else json.loads(text)
    except (ValueError, yaml.YAMLError, RecursionError):
        raise InvalidDocument(f"{source} is not {'YAML' if is_yaml else 'JSON'}") from None
    if isinstance(document, dict) and str(document.get("openapi")).startswith("3."):
        return document
    raise InvalidDocument(f"{source} is no OpenAPI 3 document")
