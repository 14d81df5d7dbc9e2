"""Make annotations of JSON Schemas: an object with named members is a TypedDict."""

from collections.abc import Mapping
from typing import Any, Final

from eaglet.client.codegen.names import Names, as_docstring, is_plain
from eaglet.client.codegen.operations import as_kind
from eaglet.contracts.references import resolved

_OF_EAGLET: Final = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "json": "Any",
    "decimal": "Decimal",
    "date": "datetime.date",
    "datetime": "datetime.datetime",
    "list": "list[Any]",
    "file": "File",
}
_OF_JSON_SCHEMA: Final = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
    "array": "list[Any]",
    "object": "dict[str, Any]",
}
_DEEPEST: Final = 20


class Types:
    """The types of one module.

    Args:
        document: the service's.
        names: those of the module.

    Attributes:
        lines: the TypedDicts and classes of errors, as they are to be written.
        made: their names.
    """

    def __init__(self, document: Mapping[str, Any], names: Names) -> None:
        self._document = document
        self._names = names
        self._of_reference: dict[str, str] = {}
        self._errors: dict[tuple[int, str], str] = {}
        self.lines: list[str] = []
        self.made: set[str] = set()

    def annotation(self, schema: object, name: str, depth: int = 0) -> str:
        """Return the annotation of a schema; `name` is for a TypedDict that has none."""
        one = as_kind(dict, schema)
        reference = one.get("$ref")
        if depth > _DEEPEST:
            return "Any"
        if isinstance(reference, str):
            if reference not in self._of_reference:
                told = reference.rpartition("/")[2]
                self._of_reference[reference] = "Any"  # where it holds itself
                self._of_reference[reference] = self._of(
                    resolved(self._document, one), told, depth + 1, reference
                )
            return self._of_reference[reference]
        return self._of(one, name, depth + 1)

    def _of(self, one: dict[str, Any], name: str, depth: int, reference: str = "") -> str:
        declared = _OF_EAGLET.get(as_kind(str, one.get("x-eaglet-type")))
        values = [one["const"]] if "const" in one else as_kind(list, one.get("enum"))
        are_literal = all(isinstance(value, str | int | None) for value in values)
        if values and are_literal and declared in (None, "str", "int"):
            return f"Literal[{', '.join(map(repr, values))}]"
        if "prefixItems" in one:
            one = {"items": {"anyOf": one["prefixItems"]}}
        if "items" in one:
            return f"list[{self.annotation(one['items'], f'{name}Item', depth)}]"
        if declared not in (None, "Any"):
            return str(declared)
        for key in ("anyOf", "oneOf", "allOf"):
            parts = as_kind(list, one.get(key))
            if parts and declared is None and (key != "allOf" or len(parts) == 1):
                found = [self.annotation(part, name, depth) for part in parts]
                return " | ".join(dict.fromkeys(found))
        properties = as_kind(dict, one.get("properties"))
        if properties:
            return self._typed_dict(properties, as_kind(list, one.get("required")), name, depth,
                                    reference)  # fmt: skip
        if isinstance(one.get("additionalProperties"), dict):
            return f"dict[str, {self.annotation(one['additionalProperties'], name, depth)}]"
        kinds = one.get("type")
        found = [_OF_JSON_SCHEMA.get(as_kind(str, kind), "Any")
                 for kind in (kinds if isinstance(kinds, list) else [kinds])]  # fmt: skip
        return "Any" if "Any" in found else " | ".join(dict.fromkeys(found)) or "Any"

    def _typed_dict(
        self, members: dict[str, Any], required: list[Any], name: str, depth: int, reference: str
    ) -> str:
        made = self._names.name(name)
        self.made.add(made)
        if reference:
            self._of_reference[reference] = made  # it may hold others of its kind
        lines = []
        for member, schema in members.items():
            annotation = self.annotation(schema, f"{made}_{member}", depth)
            if member not in required:
                annotation = f"NotRequired[{annotation}]"
            lines.append((member, annotation))
        if all(is_plain(member) for member, _annotation in lines):
            self.lines += ["", f"class {made}(TypedDict):"]
            self.lines += [f"    {member}: {annotation}" for member, annotation in lines]
        else:
            told = ", ".join(f"{member!r}: {annotation!r}" for member, annotation in lines)
            self.lines += ["", f"{made} = TypedDict({made!r}, {{{told}}})"]
        self.lines.append("")
        return made

    def error(self, code: int, name: str, meaning: str) -> str:
        """Return the name of the class of a refusal."""
        if (code, name) not in self._errors:
            made = self._errors[code, name] = self._names.name(name)
            self.made.add(made)
            told = as_docstring(meaning or name)
            self.lines += ["", f"class {made}(ResourceError):", f"    {told}", ""]
        return self._errors[code, name]
