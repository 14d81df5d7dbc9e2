"""What the wire takes for a declared parameter, as JSON Schema: in a query, a form, a JSON body.

What a schema takes, `eaglet.params` takes. The declared type stands beside
it as `x-eaglet-type`, for those who generate code.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.utils.timezone import is_naive, make_aware

from eaglet.encoding import to_json
from eaglet.params import Param

Schema = dict[str, Any]

TYPE: Final = "x-eaglet-type"

ANY_TEXT: Final = r"^[^\u0000]*$"
INTEGER_TEXT: Final = "^-?[0-9]{1,1000}$"
NUMBER_TEXT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"
_STR: Final[Schema] = {"type": "string", "pattern": ANY_TEXT}
_INT: Final[Schema] = {"type": "integer"}
_FLOAT: Final[Schema] = {"type": "number", "format": "double"}
_DECIMAL: Final[Schema] = {"type": "string", "format": "decimal", "pattern": NUMBER_TEXT}
_DATE: Final[Schema] = {"type": "string", "format": "date"}
_DATETIME: Final[Schema] = {
    "type": "string",
    "format": "date-time",
    # On those days a moment may be out of the range of another time zone.
    "pattern": "^(?!0001-01-01|9999-12-31)",
    "description": "YYYY-MM-DD HH:MM:SS in the service's time zone, or RFC 3339.",
}
_BOOL_TEXT: Final = ["true", "false", "True", "False", "1", "0"]
# Of JSON text, what a pattern can tell.
_JSON_TEXT: Final = (
    r"^(true|false|null|-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,16})?([eE][+-]?[0-9]{1,2})?)$"
)
_FILE: Final[Schema] = {"type": "string", "format": "binary"}
_ANY: Final[Schema] = {}
_LIST: Final[Schema] = {"type": "array", "items": {}}

# As text, which is all that a query or a form can carry.
_TEXT: Final[Mapping[str | None, Schema]] = {
    # A key given once is a str, several times a list.
    None: {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    "str": _STR,
    "int": _INT,
    "float": _FLOAT,
    # 1 and "1" are the same text.
    "bool": {"anyOf": [{"type": "boolean"}, {"enum": [*_BOOL_TEXT, 1, 0]}]},
    "decimal": _DECIMAL,
    "date": _DATE,
    "datetime": _DATETIME,
    "json": _ANY,
    "list": _LIST,
    "file": _FILE,
}

_IN_JSON: Final[Mapping[str | None, Schema]] = {
    None: _ANY,
    "str": _STR,
    "int": {"anyOf": [_INT, {"type": "string", "pattern": INTEGER_TEXT}]},
    "float": {"anyOf": [_FLOAT, {"type": "string", "pattern": NUMBER_TEXT}]},
    "bool": {"anyOf": [{"type": "boolean"}, {"enum": _BOOL_TEXT}]},
    "decimal": {"anyOf": [_DECIMAL, {"type": "number"}]},
    "date": _DATE,
    "datetime": _DATETIME,
    "json": {
        "anyOf": [
            {"type": ["object", "array", "number", "boolean"]},
            {"type": "string", "contentMediaType": "application/json", "pattern": _JSON_TEXT},
        ],
        "description": "Any value but null; a string is JSON text, of arrays and objects too.",
    },
    "list": {**_LIST, "description": "As JSON text too."},
    "file": _FILE,
}
_NUMBERS: Final = {"int": _INT, "float": _FLOAT, "decimal": {"type": "number"}}
_ENDS: Final = {
    **dict.fromkeys(("str", "file"), ("minLength", "maxLength")),
    "list": ("minItems", "maxItems"),
    "date": ("formatMinimum", "formatMaximum"),  # Ajv's: JSON Schema has no word of it
}

_TOLD: Final = ("date", "file")
_AS_JSON_TEXT: Final = ("json", "list")


class ParamSchemas:
    """Describes declared parameters; `of_model` makes the schema of a model of JSON values."""

    def __init__(self, of_model: Callable[[Any], Schema] | None = None) -> None:
        self._of_model = of_model

    def in_query(self, param: Param) -> dict[str, Any]:
        """Make the parameter object of a parameter in the query."""
        parameter: dict[str, Any] = {"in": "query", "name": param.name}
        if param.required:
            parameter["required"] = True
        schema = self._schema(_TEXT, param)
        if param.type in _AS_JSON_TEXT:
            parameter["content"] = {"application/json": {"schema": schema}}
        else:
            parameter["schema"] = schema
        return parameter

    def json_body(self, params: Iterable[Param], *, is_closed: bool = False) -> Schema:
        """Make the schema of a JSON object that holds the parameters; others may be, if open."""
        params = list(params)
        schema = self._object(params, _IN_JSON)
        for param in params:
            if not param.required and param.type is not None:
                schema["properties"][param.name] = _or_null(schema["properties"][param.name])
        return {**schema, "additionalProperties": False} if is_closed else schema

    def form_body(self, params: Iterable[Param]) -> Schema | None:
        """Make the schema of a form of either kind; None where JSON or a list is required.

        OpenAPI has an array in a form carried as a field for each item, and says nothing of one
        alone, which is taken for JSON text here. Where a file is among them nothing else is left.
        """
        params = list(params)
        if not has_files(params):
            in_json = [param for param in params if param.type in _AS_JSON_TEXT]
            if any(param.required for param in in_json):
                return None
            params = [param for param in params if param not in in_json]
        return self._object(params, {**_TEXT, None: _ANY})

    def _object(self, params: Iterable[Param], schemas: Mapping[str | None, Schema]) -> Schema:
        params = list(params)
        schema: Schema = {
            "type": "object",
            "properties": {param.name: self._schema(schemas, param) for param in params},
        }
        required = [param.name for param in params if param.required]
        if required:
            schema["required"] = required
        return schema

    def _schema(self, schemas: Mapping[str | None, Schema], param: Param) -> Schema:
        schema = {**schemas[param.type], **_limited(param)}
        if any(name in schema for name in ("enum", "minimum", "maximum")):
            schema.pop("anyOf", None)  # text too, of which no limits can be told
        if param.model is not None and self._of_model is not None:
            schema = self._of_model(param.model)
        if param.elements is not None:
            schema["items"] = self._schema(_IN_JSON, param.elements)
        if param.default is not None:
            schema["default"] = _default(param)
        if param.type is not None:
            schema[TYPE] = param.type
        return schema


def _or_null(schema: Schema) -> Schema:
    """Allow null, which counts as not sent where a parameter is optional."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    kind = schema.get("type")
    has_format = kind == "string" and "format" in schema
    if isinstance(kind, str) and "enum" not in schema and not has_format:
        return {**schema, "type": [schema["type"], "null"]}
    outer: Schema = {
        name: schema[name] for name in (TYPE, "default", "description") if name in schema
    }
    inner = {name: value for name, value in schema.items() if name not in outer}
    return {**outer, "anyOf": [inner, {"type": "null"}]}


def has_files(params: Iterable[Param]) -> bool:
    """Tell whether a file is among parameters, or a list of them."""
    return any("file" in (param.type, param.elements and param.elements.type) for param in params)


def media_types(params: Iterable[Param]) -> dict[str, Any]:
    """Make the encoding object of a form: the media types of its files."""
    limits = {param.name: (param.elements or param).limits for param in params}
    return {name: {"contentType": ", ".join(each.media_types)}
            for name, each in limits.items() if each and each.media_types}  # fmt: skip


def _default(param: Param) -> Any:
    default = param.make_default()
    if isinstance(default, datetime):  # as RFC 3339 has it, which the format asks for
        default = (make_aware(default) if is_naive(default) else default).isoformat()
    return json.loads(to_json(default))


def _limited(param: Param) -> Schema:
    limits, type_ = param.limits, param.type or ""
    if limits is None:
        return {}
    if limits.choices:
        kind = {"int": "integer", "float": "number"}.get(type_, "string")
        return {"type": kind, "enum": json.loads(to_json(limits.choices))}
    as_json: Callable[[Any], Any] = {"decimal": float, "date": str}.get(type_, lambda end: end)
    ends = zip(_ENDS.get(type_, ("minimum", "maximum")), (limits.low, limits.high), strict=True)
    schema = {**_NUMBERS.get(type_, {}),
              **{name: as_json(end) for name, end in ends if end is not None}}  # fmt: skip
    # For those who read it: few tools know, or show, what is said of these.
    return {**schema, "description": f"Within {limits.text}."} if type_ in _TOLD else schema
