"""What of an OpenAPI document the client can call: resources, verbs and their parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eaglet.client.addresses import is_name
from eaglet.client.auth import TOKEN_RESOURCE
from eaglet.client.callers.document import UnusableDocument

VERBS: Final = ("get", "post", "put", "delete")
_TYPE: Final = "x-eaglet-type"
_GRANTS: Final = "x-eaglet-grants"
_JSON: Final = "application/json"
_MOST_REFERENCES: Final = 50

_EAGLET_TYPES: Final = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "json": "Any",
    "decimal": "Decimal",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "list": "list[Any]",
}
_SCHEMA_TYPES: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "list[Any]",
    "object": "dict[str, Any]",
}
ANY: Final = "Any"


@dataclass(frozen=True, order=True)
class Parameter:
    """A parameter: its name on the wire, and the annotation of its type."""

    name: str
    annotation: str
    is_required: bool


@dataclass(frozen=True)
class Operation:
    """A verb of a resource, as its caller sees it; the required parameters come first."""

    resource: str
    verb: str
    parameters: tuple[Parameter, ...]
    summary: str = ""
    grants: tuple[str, ...] = ()


def read(
    document: Mapping[str, Any], left_out: Callable[[str], object] = lambda what: None
) -> list[Operation]:
    """Every operation that the client can make, in the order of resources and verbs.

    Tokens are left out, for the client asks for them itself; `left_out` is told of what it can't
    call, and why. Raises UnusableDocument for one that is malformed, or has nothing to call.
    """
    found: dict[tuple[str, str], Operation] = {}
    for path, item in sorted(document["paths"].items(), key=lambda pair: str(pair[0])):
        for operation in _of_path(_Place(document, f"paths.{path}"), str(path), item, left_out):
            # Another path can come to the same: with a slash at its end and without.
            found.setdefault((operation.resource, operation.verb), operation)
    if not found:
        raise UnusableDocument("the document has no resource that can be called")
    return sorted(found.values(), key=lambda each: (each.resource, VERBS.index(each.verb)))


@dataclass(frozen=True)
class _Place:
    """Where in a document something stands, to follow its references and to name what is wrong."""

    document: Mapping[str, Any]
    name: str

    def below(self, name: object) -> _Place:
        return _Place(self.document, f"{self.name}.{name}")

    def mapping(self, value: object) -> Mapping[str, Any]:
        """A mapping, or that to which its `$ref` leads; None is an empty one."""
        for _ in range(_MOST_REFERENCES):
            if value is None:
                return {}
            if not isinstance(value, Mapping):
                raise UnusableDocument(f"{self.name} is malformed: it is no object")
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self._target(reference)
        raise UnusableDocument(f"{self.name} refers to itself")

    def sequence(self, value: object) -> list[Any]:
        """A list; None is an empty one."""
        if value is None:
            return []
        if not isinstance(value, list):
            raise UnusableDocument(f"{self.name} is malformed: it is no list")
        return value

    def _target(self, reference: str) -> object:
        if not reference.startswith("#/"):
            raise UnusableDocument(f"{self.name} refers to another document: {reference!r}")
        target: object = self.document
        for part in reference[2:].split("/"):
            key = part.replace("~1", "/").replace("~0", "~")
            if not isinstance(target, Mapping) or key not in target:
                raise UnusableDocument(f"{self.name} refers to what is not there: {reference!r}")
            target = target[key]
        return target


def _of_path(
    place: _Place, path: str, value: object, left_out: Callable[[str], object]
) -> Iterator[Operation]:
    item = place.mapping(value)
    common = place.below("parameters").sequence(item.get("parameters"))
    if "patch" in item:
        left_out(f"PATCH {path}: the client has no patch")
    for verb in VERBS:
        if verb not in item:
            continue
        here = place.below(verb)
        operation = here.mapping(item[verb])
        resource = _resource(path, verb, operation.get("operationId"))
        if resource == TOKEN_RESOURCE:
            continue
        if not is_name(resource):
            left_out(f"{verb.upper()} {path}: the path is none of a resource")
            continue
        own = here.below("parameters").sequence(operation.get("parameters"))
        parameters = _in_query(here, [*common, *own])
        parameters |= _in_body(here.below("requestBody"), operation.get("requestBody"))
        summary, grants = operation.get("summary"), operation.get(_GRANTS)
        yield Operation(
            resource,
            verb,
            tuple(sorted(parameters.values(), key=lambda each: (not each.is_required, each))),
            summary if isinstance(summary, str) else "",
            tuple(str(grant) for grant in grants) if isinstance(grants, list) else (),
        )


def _resource(path: str, verb: str, operation_id: object) -> str:
    """The name to call: of `demo.data.get` at `/prefix/demo/data/`, `demo.data`."""
    if isinstance(operation_id, str) and operation_id.endswith(f".{verb}"):
        name = operation_id.removesuffix(f".{verb}")
        if f"/{path.strip('/')}".endswith(f"/{name.replace('.', '/')}"):
            return name
    return path.strip("/").replace("/", ".")


def _in_query(place: _Place, values: list[Any]) -> dict[str, Parameter]:
    found = {}
    for index, value in enumerate(values):
        here = place.below(f"parameters[{index}]")
        parameter = here.mapping(value)
        name = parameter.get("name")
        if parameter.get("in") != "query" or not isinstance(name, str):
            continue
        schema = parameter.get("schema")
        if schema is None:
            schema = _json_schema(here.below("content"), parameter.get("content"))
        annotation = _annotation(here.below("schema"), schema)
        found[name] = Parameter(name, annotation, parameter.get("required") is True)
    return found


def _in_body(place: _Place, value: object) -> dict[str, Parameter]:
    body = place.mapping(value)
    here = place.below("content")
    schema = here.mapping(_json_schema(here, body.get("content")))
    required = here.below("required").sequence(schema.get("required"))
    properties = here.below("properties").mapping(schema.get("properties"))
    return {
        str(name): Parameter(str(name), _annotation(here.below(name), each), name in required)
        for name, each in properties.items()
    }


def _json_schema(place: _Place, value: object) -> object:
    """The schema of JSON content, else of whichever comes first."""
    content = place.mapping(value)
    media = content.get(_JSON, next(iter(content.values()), None))
    return place.mapping(media).get("schema")


def _annotation(place: _Place, value: object) -> str:
    if isinstance(value, bool):  # a schema that takes anything, or nothing
        return ANY
    schema = place.mapping(value)
    declared = schema.get(_TYPE)
    if isinstance(declared, str) and declared in _EAGLET_TYPES:
        return _EAGLET_TYPES[declared]
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _SCHEMA_TYPES and schema.get("nullable") is not True:
        return _SCHEMA_TYPES[kind]
    return ANY  # several types, null among them perhaps
