"""Follow the references in a document; apart from what gets one, which imports more."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote


def resolved(document: Mapping[str, Any], value: object) -> dict[str, Any]:
    """Return an object of a document, or the one it refers to, by at most ten references.

    What a reference leads to is empty where there is no such thing.
    """
    for _ in range(10):
        one = value if isinstance(value, dict) else {}
        reference = one.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return one
        value = document
        for part in unquote(reference[2:]).split("/"):
            name = part.replace("~1", "/").replace("~0", "~")
            value = value.get(name) if isinstance(value, dict) else None
    return {}
