"""The JSON Schema of a type hint, as the envelope carries its values, by drf-spectacular."""

import datetime
import inspect
import re
from decimal import Decimal
from types import NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ComponentRegistry,
    ResolvedComponent,
    get_doc,
    is_serializer,
    resolve_type_hint,
)
from drf_spectacular.settings import patched_settings
from rest_framework.views import APIView

from eaglet.params.models import DICTS, LISTS, UNIONS, WRAPPERS, fields_of, is_record

Schema = dict[str, Any]

_WRITTEN: Final[dict[Any, Schema]] = {
    datetime.datetime: {
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
        "description": "YYYY-MM-DD HH:MM:SS in the service's time zone.",
        "examples": ["2026-01-31 08:30:00"],
    },
    Decimal: {"type": "string", "format": "decimal"},
    None: {"type": "null"},
    NoneType: {"type": "null"},
    Any: {},
    object: {},
}

VERSION: Final = "3.1.0"
"""Of OpenAPI: its schemas are JSON Schema's."""


def standalone(hint: Any) -> Schema:
    """Return the schema of a hint with the components it refers to in it."""
    view: Any = APIView()
    view.request, view.kwargs, view.format_kwarg = None, {}, None
    view_schema = AutoSchema()
    view_schema.view, view_schema.method, view_schema.path = view, "GET", ""
    registry = view_schema.registry = ComponentRegistry()
    with patched_settings({"OAS_VERSION": VERSION}):
        schema = schema_of(hint, view_schema)
        return {**schema, "components": registry.build({})}


def schema_of(hint: Any, view_schema: AutoSchema) -> Schema:
    """Return the schema of a hint; records become components of the registry of `view_schema`.

    Raises what drf-spectacular raises for a hint that is no type of JSON, and NameError for one
    that names what is not there.
    """
    if isinstance(hint, TypeVar):
        return {}
    if inspect.isclass(get_origin(hint) or hint) and is_record(hint):
        return _record(hint, view_schema)
    if is_serializer(hint):
        many = getattr(hint, "many", False) and getattr(hint, "child", None)
        schema: Schema = view_schema.resolve_serializer(many or hint, "response").ref
        return {"type": "array", "items": schema} if many else schema
    kind, arguments = get_origin(hint), get_args(hint)
    if kind in WRAPPERS:
        return schema_of(arguments[0], view_schema)
    if kind is None and hint in _WRITTEN:
        return dict(_WRITTEN[hint])
    if kind in UNIONS:
        return {"anyOf": [schema_of(each, view_schema) for each in arguments]}
    if kind in LISTS:
        return {"type": "array", "items": schema_of(arguments[0], view_schema)}
    if kind is tuple and arguments[1:] == (...,):
        return schema_of(list[arguments[0]], view_schema)  # type: ignore[valid-type]
    if kind is tuple:
        items = [schema_of(each, view_schema) for each in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if kind in DICTS:
        return {"type": "object", "additionalProperties": schema_of(arguments[1], view_schema)}
    if kind is Literal and None in arguments:
        return {"enum": list(arguments)}
    resolved: Schema = resolve_type_hint(hint)  # type: ignore[no-untyped-call]
    return resolved


def _record(hint: Any, view_schema: AutoSchema) -> Schema:
    kind = get_origin(hint) or hint
    name = "Of".join(getattr(each, "__name__", "Any") for each in (kind, *get_args(hint)))
    registry = view_schema.registry
    component = ResolvedComponent(name, ResolvedComponent.SCHEMA, object=hint)  # type: ignore[no-untyped-call]
    while (known := registry._components.get(component.key)) is not None:
        if known.object == hint:
            return dict(known.ref)
        # Two records of one name.
        component.name = re.sub(r"\W", "_", f"{kind.__module__}_{component.name}")
    registry.register(component)  # before its fields, which may hold others of its kind
    fields = fields_of(hint)
    schema: Schema = {"type": "object", "properties": {}}
    doc = get_doc(kind)
    if doc and not doc.startswith(f"{kind.__name__}("):  # what dataclass and NamedTuple write
        schema["description"] = doc
    for field, (each, _needed) in fields.items():
        schema["properties"][field] = schema_of(each, view_schema)
    if required := [field for field, (_each, needed) in fields.items() if needed]:
        schema["required"] = required
    component.schema = schema
    return dict(component.ref)
