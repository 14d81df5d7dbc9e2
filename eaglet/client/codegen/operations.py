"""Read from an OpenAPI document what can be called: resources, their verbs and parameters."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from eaglet.client.services.addresses import is_name
from eaglet.client.services.resolve import VERBS
from eaglet.contracts.document import InvalidDocument
from eaglet.contracts.references import resolved

# The client gets access tokens by itself.
_NOT_FOR_CALLERS: Final = frozenset({("auth", "access_token")})
_MOST_PARTS: Final = 20
_IN_QUERY: Final = frozenset({"get", "delete"})
_BODIES: Final = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
)  # fmt: skip
T = TypeVar("T", dict[str, Any], list[Any], str)


@dataclass(frozen=True)
class Parameter:
    """A parameter: its name on the wire, its schema, whether it must be given."""

    name: str
    schema: dict[str, Any]
    is_required: bool

    @property
    def is_file(self) -> bool:
        """Tell whether it is a file, or a list of them."""
        items = as_kind(dict, self.schema.get("items"))
        return "file" in (self.schema.get("x-eaglet-type"), items.get("x-eaglet-type"))


@dataclass(frozen=True)
class Operation:
    """A verb of a resource.

    `answer` is what the document says of its good answer, `data` the schema of the data in it, None
    where nothing is said; `refusals` are codes, names and meanings.
    """

    app: str
    resource: str
    verb: str
    summary: str
    grants: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    answer: object = None
    data: dict[str, Any] | None = None
    refusals: tuple[tuple[int, str, str], ...] = ()

    @property
    def name(self) -> str:
        """Return what the client calls the resource."""
        return f"{self.app}.{self.resource}"


def operations(
    document: Mapping[str, Any], only: Collection[str] = ()
) -> tuple[list[Operation], list[str]]:
    """Return the operations by app, resource and verb, and what is left out, with the reason.

    `only` names resources, or single verbs as `app.resource:verb`, where not all are wanted.
    Raises InvalidDocument where nothing is left.
    """
    found: dict[tuple[str, str, str], Operation] = {}
    left_out = []
    for path, item in sorted(as_kind(dict, document.get("paths")).items()):
        # A URLconf may have put the resources under a prefix, which the service's HOST has too.
        app, resource = ["", "", *path.strip("/").split("/")][-2:]
        if (app, resource) in _NOT_FOR_CALLERS:
            continue
        for verb, told in as_kind(dict, item).items():
            if not isinstance(told, dict) or verb not in VERBS:
                continue  # a verb that the client has not, parameters of the whole path
            if not is_name(f"{app}.{resource}") or "{" in path:
                left_out.append(f"{verb} {path!r}: not the path of a resource")
                continue
            summary = as_kind(str, told.get("summary"))
            grants = as_kind(list, told.get("x-eaglet-grants"))
            parameters = _parameters(document, told, verb)
            answer = as_kind(dict, told.get("responses")).get("200")
            found[app, resource, verb] = Operation(
                app, resource, verb, summary, tuple(as_kind(str, grant) for grant in grants),
                parameters, answer, _data(document, answer), tuple(_refusals(told)),
            )  # fmt: skip
    if only:
        names = {key: {one.name, f"{one.name}:{one.verb}"} for key, one in found.items()}
        if unknown := set(only).difference(*names.values()):
            raise InvalidDocument(f"the document has no {', '.join(sorted(unknown))}")
        found = {key: one for key, one in found.items() if names[key] & set(only)}
    if not found:
        raise InvalidDocument("the document has no resource that can be called")
    return sorted(
        found.values(), key=lambda one: (one.app, one.resource, VERBS.index(one.verb))
    ), left_out


def _parameters(
    document: Mapping[str, Any], told: Mapping[str, Any], verb: str
) -> tuple[Parameter, ...]:
    parameters = {parameter.name: parameter for parameter in _of_query(document, told)}
    if verb not in _IN_QUERY or not parameters:
        parameters |= {parameter.name: parameter for parameter in _of_body(document, told)}
    # Those without a default come first, as they are to be read.
    return tuple(sorted(parameters.values(), key=lambda parameter: not parameter.is_required))


def _of_query(document: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Parameter]:
    for parameter in as_kind(list, told.get("parameters")):
        one = resolved(document, parameter)
        name = one.get("name")
        if one.get("in") == "query" and isinstance(name, str):
            content = next(iter(as_kind(dict, one.get("content")).values()), None)
            schema = one.get("schema", as_kind(dict, content).get("schema"))
            yield Parameter(name, as_kind(dict, schema), one.get("required") is True)


def _of_body(document: Mapping[str, Any], told: Mapping[str, Any]) -> Iterator[Parameter]:
    content = as_kind(dict, resolved(document, told.get("requestBody")).get("content"))
    for kind in _BODIES:
        if kind in content:
            schema = resolved(document, as_kind(dict, content[kind]).get("schema"))
            required = as_kind(list, schema.get("required"))
            for name, one in as_kind(dict, schema.get("properties")).items():
                yield Parameter(name, as_kind(dict, one), name in required)
            return


def _data(document: Mapping[str, Any], answer: object) -> dict[str, Any] | None:
    content = as_kind(dict, resolved(document, answer).get("content"))
    schemas = [as_kind(dict, content.get("application/json")).get("schema")]
    for _ in range(_MOST_PARTS):
        if not schemas:
            break
        schema = resolved(document, schemas.pop(0))
        data = as_kind(dict, as_kind(dict, schema.get("properties")).get("data"))
        if data.keys() - {"description", "title"}:
            return data
        for key in ("oneOf", "anyOf", "allOf"):
            schemas += as_kind(list, schema.get(key))
    return None


def _refusals(told: Mapping[str, Any]) -> Iterator[tuple[int, str, str]]:
    for one in as_kind(list, told.get("x-eaglet-refusals")):
        refusal = as_kind(dict, one)
        if isinstance(refusal.get("code"), int):
            name, meaning = (as_kind(str, refusal.get(key)) for key in ("name", "description"))
            yield refusal["code"], name or f"Refusal{refusal['code']}", meaning


def as_kind(kind: type[T], value: object) -> T:
    """Return a value of a kind; where it is another, an empty one."""
    return value if isinstance(value, kind) else kind()
