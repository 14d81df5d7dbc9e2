"""What docstrings tell about a resource and its methods, for OpenAPI and the console."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eaglet.api.plan import Method
    from eaglet.api.resource import ApiResource


def of_resource(resource: type[ApiResource]) -> str:
    """The docstring of the class, or of the nearest base that is not the framework's; or ""."""
    for klass in resource.own_classes():
        doc = klass.__dict__.get("__doc__")
        if isinstance(doc, str) and doc.strip():
            return inspect.cleandoc(doc)
    return ""


def of_method(method: Method) -> str:
    """The docstring of the handler, or ""."""
    doc = getattr(method.function, "__doc__", None)
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""


def split(doc: str) -> tuple[str, str]:
    """The first paragraph of a docstring, on one line, and the rest."""
    first, _, rest = doc.partition("\n\n")
    return " ".join(first.split()), rest.strip()
