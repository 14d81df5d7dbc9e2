"""Getting a service's OpenAPI document, from the service or from a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests
import yaml

from eaglet.client.codegen.errors import InvalidDocument

LARGEST_BYTES: Final = 20_000_000
TIMEOUT_SECONDS: Final = (5, 30)
"""To connect, and between two parts of the answer."""

_PATH: Final = "/openapi.json"


def load(source: str) -> dict[str, Any]:
    """The OpenAPI 3 document at a URL, or in a file of JSON or YAML; InvalidDocument says why not.

    A URL that names no `.json`, `.yaml` or `.yml` is that of a service, whose document is at
    `/openapi.json`.
    """
    if source.lower().startswith(("http://", "https://")):
        url = _address(source)
        told = _without_secrets(url)
        return _parsed(_fetched(url, told), told)
    return _parsed(_read(Path(source)), source)


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidDocument(f"the URL can't be read: {error}") from None
    if parts.path.endswith((".json", ".yaml", ".yml")):
        return url
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + _PATH, query="", fragment=""))


def _without_secrets(url: str) -> str:
    """The URL to tell people: its user, password and query stay where they were given."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment=""))


def _fetched(url: str, told: str) -> str:
    try:
        with requests.Session() as session:
            # As the calls themselves: proxies and netrc are the environment's, not the project's.
            session.trust_env = False
            with session.get(
                url, stream=True, timeout=TIMEOUT_SECONDS, allow_redirects=False
            ) as answer:
                _check_status(answer.status_code, told)
                return _content(answer, told).decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidDocument(f"{told} does not answer with UTF-8") from None
    except (requests.RequestException, ValueError) as error:
        raise InvalidDocument(f"{told} can't be read: {type(error).__name__}") from error


def _check_status(status: int, url: str) -> None:
    if status == requests.codes.ok:
        return
    if 300 <= status < 400 or status in (401, 403, 404):
        raise InvalidDocument(
            f"{url} answers with HTTP {status}: the document is for those who may see how the "
            "service is built (EAGLET_CONSOLE there). Have the service write it to a file, by "
            "`manage.py openapi --output FILE`"
        )
    raise InvalidDocument(f"{url} answers with HTTP {status}")


def _content(answer: requests.Response, url: str) -> bytes:
    content = bytearray()
    for part in answer.iter_content(65536):
        content += part
        if len(content) > LARGEST_BYTES:
            raise InvalidDocument(f"{url} answers with more than {LARGEST_BYTES:,} bytes")
    return bytes(content)


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
