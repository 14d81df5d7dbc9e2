"""What the wire takes for a declared parameter, as JSON Schema: in a query, a form, a JSON body.

What a schema takes, `eaglet.params` takes. The declared type stands beside
it as `x-eaglet-type`, for those who generate code.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from eaglet.params import Param

Schema = dict[str, Any]

TYPE: Final = "x-eaglet-type"

_FLOAT_TEXT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"
_STR: Final[Schema] = {"type": "string", "pattern": r"^[^\u0000]*$"}
_INT: Final[Schema] = {"type": "integer"}
_FLOAT: Final[Schema] = {"type": "number", "format": "double"}
_DECIMAL: Final[Schema] = {"type": "string", "format": "decimal", "pattern": _FLOAT_TEXT}
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
}

_IN_JSON: Final[Mapping[str | None, Schema]] = {
    None: _ANY,
    "str": _STR,
    "int": {"anyOf": [_INT, {"type": "string", "pattern": "^-?[0-9]{1,1000}$"}]},
    "float": {"anyOf": [_FLOAT, {"type": "string", "pattern": _FLOAT_TEXT}]},
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
}

_AS_JSON_TEXT: Final = ("json", "list")


def in_query(param: Param) -> dict[str, Any]:
    """Make the parameter object of a parameter in the query."""
    parameter: dict[str, Any] = {"in": "query", "name": param.name}
    if param.required:
        parameter["required"] = True
    schema = _marked(_TEXT, param)
    if param.type in _AS_JSON_TEXT:
        parameter["content"] = {"application/json": {"schema": schema}}
    else:
        parameter["schema"] = schema
    return parameter


def json_body(params: Iterable[Param]) -> Schema:
    """Make the schema of a JSON object that holds the parameters; others may stand beside them."""
    return _object(params, _IN_JSON)


def form_body(params: Iterable[Param]) -> Schema | None:
    """Make the schema of a form of either kind; None where a parameter is JSON or a list.

    OpenAPI has an array in a form carried as a field for each item, and says nothing of one
    alone, which is taken for JSON text here.
    """
    params = list(params)
    if any(param.type in _AS_JSON_TEXT for param in params):
        return None
    return _object(params, {**_TEXT, None: _ANY})


def _object(params: Iterable[Param], schemas: Mapping[str | None, Schema]) -> Schema:
    params = list(params)
    schema: Schema = {
        "type": "object",
        "properties": {param.name: _marked(schemas, param) for param in params},
    }
    required = [param.name for param in params if param.required]
    if required:
        schema["required"] = required
    return schema


def _marked(schemas: Mapping[str | None, Schema], param: Param) -> Schema:
    schema = dict(schemas[param.type])
    if param.type is not None:
        schema[TYPE] = param.type
    return schema
