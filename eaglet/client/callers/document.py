"""Getting an OpenAPI document: from a service, or from a file, as JSON or YAML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from requests.models import PreparedRequest
from requests.structures import CaseInsensitiveDict

from eaglet import __version__, deadline
from eaglet.client.addresses import base_url
from eaglet.client.services import Service
from eaglet.client.transport import Answer, transport
from eaglet.conf import conf
from eaglet.exceptions import RequestError

FILE_NAME: Final = "openapi.json"
"""Where a service of eaglet has its document."""
_SUFFIXES: Final = (".json", ".yaml", ".yml")


class UnusableDocument(Exception):
    """There is no document, or none that callers can be written from; says which and why."""


def load(source: str) -> dict[str, Any]:
    """The OpenAPI document of a service's URL or of a file.

    A URL that does not end in `.json`, `.yaml` or `.yml` is the service's: its document is at
    `openapi.json` below, or is that page itself. Raises UnusableDocument.
    """
    if "://" in source:
        shown, content = _fetched(source)
    else:
        shown, content = source, _read(Path(source))
    return _checked(_parsed(content, shown), shown)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise UnusableDocument(
            f"there is no file {path}; a service's URL begins with http:// or https://"
        ) from None
    except OSError as error:
        raise UnusableDocument(f"{path} can't be read: {error.strerror}") from None


def _fetched(url: str) -> tuple[str, bytes]:
    """Where the document was, and what came from there."""
    address, question_mark, query = url.partition("?")
    try:
        base = base_url(address)
    except ValueError as error:
        raise UnusableDocument(f"the URL can't be used: {error}") from None
    page = base if base.count("/") > 2 else f"{base}/"
    if query or page.endswith(_SUFFIXES):
        return base, _body(_get(f"{page}{question_mark}{query}", base), base)
    below = f"{base}/{FILE_NAME}"
    answer = _get(below, below)
    if answer.status_code == 404:
        # Whoever wrote the URL with a slash at its end meant it.
        itself = _get(f"{base}/" if address.endswith("/") else page, base)
        if itself.status_code == 200:
            return base, itself.body
    return below, _body(answer, below)


def _get(url: str, shown: str) -> Answer:
    request = PreparedRequest()
    request.method = "GET"
    request.url = url
    request.headers = CaseInsensitiveDict(
        {
            "User-Agent": f"eaglet/{__version__}",
            "Accept": "application/json, application/yaml;q=0.9, */*;q=0.1",
            "Accept-Encoding": "gzip, deflate",
        }
    )
    service = Service(
        name="",
        url=shown,
        host="/".join(url.split("/", 3)[:3]),
        timeout_seconds=conf.EAGLET_CLIENT_TIMEOUT_SECONDS,
        connect_timeout_seconds=conf.EAGLET_CLIENT_CONNECT_TIMEOUT_SECONDS,
        max_response_bytes=conf.EAGLET_CLIENT_MAX_RESPONSE_BYTES,
    )
    try:
        with deadline.within(service.timeout_seconds):
            return transport.send(request, service)
    except RequestError as error:
        raise UnusableDocument(f"{shown} can't be had: {error}") from None


def _body(answer: Answer, shown: str) -> bytes:
    status = answer.status_code
    if status == 200:
        return answer.body
    if status < 400:
        target = answer.headers.get("Location", "nowhere").split("?")[0]
        reason = f"redirects to {target}, which is not followed"
    else:
        reason = f"answers HTTP {status}"
    raise UnusableDocument(
        f"{shown} {reason}; what the service's `manage.py openapi` writes can be given as a file"
    )


def _parsed(content: bytes, shown: str) -> object:
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip()[:1] in ("{", "["):
            return json.loads(text)
        if text.lstrip()[:1] == "<":
            raise UnusableDocument(f"{shown} is HTML or XML, not an OpenAPI document")
        return yaml.safe_load(text)
    except (ValueError, yaml.YAMLError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UnusableDocument(f"{shown} is neither JSON nor YAML: {reason}") from None


def _checked(document: object, shown: str) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise UnusableDocument(f"{shown} is no OpenAPI document: it is no object")
    version = document.get("openapi")
    if not isinstance(version, str) or not version.startswith("3."):
        has = f"'openapi': {version!r}" if "openapi" in document else "no 'openapi'"
        raise UnusableDocument(f"{shown} is no OpenAPI 3 document: it has {has[:100]}")
    if not isinstance(document.get("paths"), Mapping):
        raise UnusableDocument(f"{shown} is no OpenAPI document: it has no 'paths'")
    return document
