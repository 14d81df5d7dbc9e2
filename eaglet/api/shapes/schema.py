"""The JSON Schema of a type hint, as the envelope carries its values, by drf-spectacular."""

import datetime
import functools
import inspect
import json
import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from types import NoneType
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import (
    ComponentRegistry,
    ResolvedComponent,
    UnableToProceedError,
    get_doc,
    is_serializer,
    resolve_type_hint,
)
from drf_spectacular.settings import patched_settings
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from eaglet.encoding import to_json
from eaglet.params.models import DICTS, LISTS, UNIONS, fields_of, is_alias, is_record, unwrapped

Schema = dict[str, Any]

_WRITTEN: Final[dict[Any, Schema]] = {
    datetime.datetime: {
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
        "description": "YYYY-MM-DD HH:MM:SS in the service's time zone.",
        "examples": ["2026-01-31 08:30:00"],
    },
    datetime.time: {
        "type": "string",
        "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}",
        "examples": ["08:30:00"],
    },
    Decimal: {
        "type": "string",
        "format": "decimal",
        "pattern": r"^-?[0-9]+(\.[0-9]+)?(E[+-]?[0-9]+)?$",
    },
    None: {"type": "null"},
    NoneType: {"type": "null"},
    Any: {},
    object: {},
}

_KEYS: Final = (str, int, float, NoneType)  # what the json module writes as names

SETTINGS: Final = {"OAS_VERSION": "3.1.0", "COMPONENT_SPLIT_REQUEST": True}
"""Of drf-spectacular: 3.1 has JSON Schema's own; what a serializer only takes is in no answer."""

_UNFIT: Final = re.compile(r"[^a-zA-Z0-9_.-]")


class Components(ComponentRegistry):
    """The components of a document; of two things called alike, each has a name of its own."""

    def __contains__(self, component: ResolvedComponent) -> bool:
        """Tell whether the thing is there; else give it a name that is free."""
        component.name = _UNFIT.sub("_", component.name)
        while (known := self._components.get(component.key)) is not None:
            mine, other = (_identity(each.object) for each in (component, known))
            if mine == other:
                return True
            component.name = f"{_module(mine)}_{component.name}"
        return False

    def of_pydantic(self, model: Any, direction: str) -> ResolvedComponent:
        """Register what pydantic makes of a model and of those in it; return the model's own."""
        from pydantic.json_schema import models_json_schema  # noqa: PLC0415 - where it is installed

        key: Any = (model, "serialization" if direction == "response" else "validation")
        prefix = ""
        while True:
            references, schema = models_json_schema(
                [key], ref_template=f"#/components/schemas/{prefix}{{model}}"
            )
            made = [
                ResolvedComponent(f"{prefix}{name}", ResolvedComponent.SCHEMA, one, one)  # type: ignore[no-untyped-call]
                for name, one in schema["$defs"].items()
            ]
            if all(self._components.get(one.key, one).object == one.object for one in made):
                self._components.update({one.key: one for one in made})
                return next(one for one in made if one.ref == references[key])
            prefix = f"{_module(model)}_{prefix}"


class ShapeSchema(AutoSchema):
    """Describes serializers, and models of pydantic, which may hold others of their kind."""

    registry: Components

    def resolve_serializer(
        self, serializer: Any, direction: Any, *args: Any, **kwargs: Any
    ) -> ResolvedComponent:
        """Return the component of a serializer or model."""
        if hasattr(serializer, "model_json_schema"):
            return self.registry.of_pydantic(serializer, direction)
        return super().resolve_serializer(serializer, direction, *args, **kwargs)


def _module(thing: Any) -> str:
    return re.sub(r"[^a-zA-Z0-9]", "_", getattr(thing, "__module__", "other"))


def _identity(thing: Any) -> Any:
    return type(thing) if isinstance(thing, BaseSerializer) else thing


def standalone(hint: Any) -> Schema:
    """Return the schema of a hint with the components it refers to in it."""
    view: Any = APIView()
    view.request, view.kwargs, view.format_kwarg = None, {}, None
    view_schema = ShapeSchema()
    view_schema.view, view_schema.method, view_schema.path = view, "GET", ""
    registry = view_schema.registry = Components()
    with patched_settings(SETTINGS):
        schema = schema_of(hint, view_schema)
        return {**schema, "components": registry.build({})}


def schema_of(hint: Any, view_schema: ShapeSchema, direction: str = "response") -> Schema:
    """Return the schema of a hint; records become components of the registry of `view_schema`.

    It is that of an answer, or with the direction "request" of what is taken. Raises what
    drf-spectacular raises for a hint that is no type of JSON, and NameError for one that names
    what is not there.
    """
    inner = functools.partial(schema_of, view_schema=view_schema, direction=direction)
    hint = unwrapped(hint, to_alias=True)
    if isinstance(hint, TypeVar):
        return {}
    if is_alias(hint) or is_record(hint):
        return _named(hint, view_schema, inner)
    if is_serializer(hint):
        many = getattr(hint, "many", False) and getattr(hint, "child", None)
        schema: Schema = view_schema.resolve_serializer(many or hint, direction).ref
        return {"type": "array", "items": schema} if many else schema
    kind, arguments = get_origin(hint) or hint, get_args(hint)
    if hint in _WRITTEN:
        return dict(_WRITTEN[hint])
    if kind in UNIONS:
        return {"anyOf": [inner(each) for each in arguments]}
    if kind in LISTS or (kind is tuple and arguments[1:] in ((), (...,))):
        item = arguments[0] if arguments else Any
        return {"type": "array", "items": inner(item)}
    if kind is tuple:
        items = [inner(each) for each in arguments]
        return {"type": "array", "prefixItems": items, "minItems": len(items), "items": False}
    if kind in DICTS:
        key, value = arguments or (str, Any)
        if inspect.isclass(key) and key not in (Any, object) and not issubclass(key, _KEYS):
            raise UnableToProceedError(hint)
        return {"type": "object", "additionalProperties": inner(value)}
    if kind is Literal:
        values = _as_written(arguments)
        if None in values:
            return {"enum": values}
        hint = Literal[tuple(values)]
    resolved: Schema = resolve_type_hint(hint)  # type: ignore[no-untyped-call]
    return {**resolved, "enum": _as_written(resolved["enum"])} if "enum" in resolved else resolved


def _as_written(values: Iterable[Any]) -> list[Any]:
    written: list[Any] = json.loads(to_json(list(values)))
    return written


def _named(hint: Any, view_schema: ShapeSchema, inner: Callable[[Any], Schema]) -> Schema:
    names = (
        getattr(each, "__name__", "Any") for each in (get_origin(hint) or hint, *get_args(hint))
    )
    component = ResolvedComponent("Of".join(names), ResolvedComponent.SCHEMA, object=hint)  # type: ignore[no-untyped-call]
    if component not in view_schema.registry:
        view_schema.registry.register(component)  # it may hold others of its kind
        component.schema = inner(unwrapped(hint)) if is_alias(hint) else _record(hint, inner)
    return dict(component.ref)


def _record(hint: Any, inner: Callable[[Any], Schema]) -> Schema:
    kind, fields = get_origin(hint) or hint, fields_of(hint)
    schema: Schema = {"type": "object", "properties": {}}
    doc = get_doc(kind)
    if doc and not doc.startswith(f"{kind.__name__}("):  # what dataclass and NamedTuple write
        schema["description"] = doc
    for field, (each, _needed) in fields.items():
        schema["properties"][field] = inner(each)
    if required := [field for field, (_each, needed) in fields.items() if needed]:
        schema["required"] = required
    return schema
