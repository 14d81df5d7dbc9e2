"""Get a service's document, from the service or from a file, and say what is wrong with it."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

import yaml

from eaglet.contracts.fetching import UnexpectedStatus, fetch
from eaglet.exceptions import EagletError

LARGEST_BYTES: Final = 20_000_000
TIMEOUT_SECONDS: Final = (5, 30)
"""To connect, and between two parts of the answer."""

_PATH: Final = "/openapi.json"
_ENDINGS: Final = (".json", ".yaml", ".yml")


class InvalidDocument(EagletError):
    """There is no such document, or nothing can be made of it; the message is for a person."""


OPENAPI: Final = "openapi"
ASYNCAPI: Final = "asyncapi"
CALLS: Final = "eaglet-calls"
"""What a service calls, as `eaglet_client` writes it beside the module."""
CATALOGUE: Final = "eaglet-catalogue"
"""What `eaglet_catalogue` has joined from documents of all these kinds."""

# By the key that tells a document's kind: what its version begins with, and what it is called.
_KINDS: Final = {
    OPENAPI: ("3.", "OpenAPI 3 document"),
    ASYNCAPI: ("3.", "AsyncAPI 3 document"),
    CALLS: ("1", "list of calls by eaglet_client"),
    CATALOGUE: ("1", "catalogue by eaglet_catalogue --json"),
}
_NAMES: Final = {"type": "array", "items": {"type": "string"}}
_REFERENCE: Final = {
    "type": "object",
    "properties": {"$ref": {"type": "string", "pattern": "^#/"}},
    "required": ["$ref"],
}
# Of AsyncAPI, what is read here. OpenAPI's own schema comes with drf-spectacular.
_SCHEMAS: Final[Mapping[str, Mapping[str, Any]]] = {
    ASYNCAPI: {
        "properties": {
            "info": {
                "type": "object",
                "properties": {"title": {"type": "string"}},
                "required": ["title"],
            },
            "channels": {"type": "object", "additionalProperties": {"type": "object"}},
            "operations": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "properties": {"action": {"enum": ["send", "receive"]}, "channel": _REFERENCE},
                    "required": ["action", "channel"],
                },
            },
        },
        "required": ["info"],
    },
    CALLS: {
        "properties": {
            "caller": {"type": "string"},
            "service": {"type": "string"},
            "calls": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "resource": {"type": "string"},
                        "verb": {"type": "string"},
                        "parameters": _NAMES,
                        "fields": _NAMES,
                    },
                    "required": ["resource", "verb", "parameters"],
                },
            },
        },
        "required": ["caller", "service", "calls"],
    },
    CATALOGUE: {
        "properties": {"since": {"type": "object", "additionalProperties": {"type": "string"}}},
        "required": ["since"],
    },
}


def load(source: str, *kinds: str) -> dict[str, Any]:
    """Return the document at a URL, or in a file of JSON or YAML. Raises InvalidDocument.

    A URL that names no `.json`, `.yaml` or `.yml` is that of a service, whose document is at
    `/openapi.json`. What the message names of a URL is without user, password and query.

    Args:
        source: the URL, or the file.
        kinds: the keys of the kinds it may be of; by default OPENAPI.
    """
    kinds = kinds or (OPENAPI,)
    is_url = source.lower().startswith(("http://", "https://"))
    named = "the URL" if is_url else source
    try:
        if not is_url:
            with Path(source).open("rb") as opened:
                return _parsed(opened.read(LARGEST_BYTES + 1), named, kinds)
        parts = urlsplit(source)
        if not parts.path.endswith(_ENDINGS):
            parts = parts._replace(path=parts.path.rstrip("/") + _PATH, query="", fragment="")
        public = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
        named = urlunsplit(public)
        return _parsed(_fetched(urlunsplit(parts), named), named, kinds)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise InvalidDocument(f"{named} can't be read: {reason}") from error


def kind_of(document: Mapping[str, Any]) -> str | None:
    """Return the key that tells of what kind a document is."""
    for kind, (version, _) in _KINDS.items():
        if str(document.get(kind)).startswith(version):
            return kind
    return None


def load_valid(source: str, *kinds: str) -> dict[str, Any]:
    """Return a document as `load` does, if it is as the schema of its kind has it.

    Raises InvalidDocument with the place of what is wrong first.
    """
    # A tenth of the time that a service takes to start, and none reads a document.
    from jsonschema import Draft202012Validator  # noqa: PLC0415
    from jsonschema.exceptions import best_match  # noqa: PLC0415
    from jsonschema.validators import validator_for  # noqa: PLC0415

    document = load(source, *kinds)
    kind = kind_of(document) or OPENAPI
    schema = _SCHEMAS.get(kind) or _schema_of_openapi(str(document[kind]), source)
    parts = [("$", document, validator_for(schema)(schema))]
    if kind == ASYNCAPI or not str(document[kind]).startswith("3.0"):
        # AsyncAPI and OpenAPI 3.1 leave them to JSON Schema.
        key = "payload" if kind == ASYNCAPI else "schema"
        of_schemas = Draft202012Validator(Draft202012Validator.META_SCHEMA)
        parts += [(path, one, of_schemas) for path, one in _schemas(document, "$", key)]
    for path, one, validator in parts:
        fault = best_match(validator.iter_errors(one))
        if fault is not None:
            where = path + fault.json_path.removeprefix("$")
            told = fault.message[:200]
            raise InvalidDocument(f"{source} is no {_KINDS[kind][1]}: {where}: {told}")
    return document


def as_text(document: Mapping[str, Any], indent: int | None = 2) -> str:
    """Write a document as JSON; the same for the same."""
    separators = None if indent else (",", ":")
    return (
        json.dumps(document, ensure_ascii=False, indent=indent, separators=separators, default=str)
        + "\n"
    )


def _schemas(value: Any, path: str, key: str, name: str = "") -> Iterator[tuple[str, Any]]:
    if name == key or path.startswith("$.components.schemas."):
        yield path, value
    elif isinstance(value, dict):
        for part, one in value.items():
            if name != "example":
                yield from _schemas(one, f"{path}.{part}", key, part)
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from _schemas(one, f"{path}[{index}]", key)


def _schema_of_openapi(version: str, source: str) -> Mapping[str, Any]:
    minor = "_".join(version.split(".")[:2])
    file = files("drf_spectacular.validation").joinpath(f"openapi_{minor}_schema.json")
    if not minor.replace("_", "").isdigit() or not file.is_file():
        raise InvalidDocument(f"{source} is of OpenAPI {version[:20]!r}, which is not known here")
    schema: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


def _fetched(url: str, public_url: str) -> bytes:
    try:
        return fetch(url, largest_bytes=LARGEST_BYTES, timeout=TIMEOUT_SECONDS)
    except UnexpectedStatus as error:
        reason = ""
        if 300 <= error.status < 400 or error.status in (401, 403, 404):
            reason = (
                ": the document is for those who may see how the service is built (EAGLET_CONSOLE "
                "there). Have the service write it to a file, by `manage.py openapi --output FILE`"
            )
        raise InvalidDocument(f"{public_url} answers with {error}{reason}") from None


def _parsed(content: bytes, source: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    if len(content) > LARGEST_BYTES:
        raise InvalidDocument(f"{source} has more than {LARGEST_BYTES:,} bytes")
    is_yaml = source.endswith((".yaml", ".yml"))
    try:
        text = content.decode("utf-8")
        # Of YAML, what JSON has: keys are strings, and nothing holds itself.
        text = json.dumps(yaml.safe_load(text), default=str) if is_yaml else text
        document: Any = json.loads(text)
    except (TypeError, ValueError, yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else getattr(error, "lineno", None)
        where = f": line {line}" if line else ""
        raise InvalidDocument(f"{source} is not {'YAML' if is_yaml else 'JSON'}{where}") from None
    if isinstance(document, dict) and kind_of(document) in kinds:
        return document
    raise InvalidDocument(f"{source} is no {' or '.join(_KINDS[kind][1] for kind in kinds)}")
