"""List what a module calls, for those who compare documents and draw the map of services."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from eaglet.client.codegen.operations import Operation
from eaglet.contracts.containment import alternatives
from eaglet.contracts.document import CALLS, InvalidDocument
from eaglet.contracts.references import resolved

_DEEPEST: Final = 8


def calls_text(
    caller: str, service: str, operations: Iterable[Operation], document: Mapping[str, Any]
) -> str:
    """Return, as JSON, the calls of a module: parameters by name, the data's fields by path."""
    calls = [
        {
            "resource": one.name,
            "verb": one.verb,
            "parameters": [parameter.name for parameter in one.parameters],
            **_fields(document, one),
        }
        for one in operations
    ]
    listed = {CALLS: "1", "caller": caller, "service": service, "calls": calls}
    return json.dumps(listed, indent=2, ensure_ascii=False) + "\n"


def _fields(document: Mapping[str, Any], operation: Operation) -> dict[str, list[str]]:
    try:
        content = resolved(document, operation.answer)["content"]["application/json"]
        found = set(_leaves(document, content["schema"], "", 0))
    except (InvalidDocument, LookupError, TypeError, ValueError, AttributeError):
        return {}  # of a document that nobody has validated
    known = sorted(path for path in found if path.startswith(("data.", "data[")))
    return {"fields": known} if known else {}


def _leaves(document: Mapping[str, Any], schema: Any, path: str, depth: int) -> Iterator[str]:
    inner: list[tuple[Any, str]] = []
    for one in alternatives(document, schema) if depth < _DEEPEST else ():
        if one["type"] == "array":
            inner += [(item, f"{path}[]") for item in one.get("prefixItems", ())]
            inner += [(one["items"], f"{path}[]")] if one.get("items") else []
        if one["type"] == "object":
            for name, member in one.get("properties", {}).items():
                inner.append((member, f"{path}.{name}" if path else name))
    if not inner:
        yield path
    for member, where in inner:
        yield from _leaves(document, member, where, depth + 1)
