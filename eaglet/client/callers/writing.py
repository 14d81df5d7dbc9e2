"""The module of callers, as text: what ruff and mypy leave as it is, the same for the same calls.

Nothing of the document gets in but through `names.identifiers` and, as a literal, `quoted`.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from eaglet.client.callers.names import BUILTINS, class_name, identifiers
from eaglet.client.callers.operations import ANY, VERBS, Operation, Parameter

MARK: Final = "Written by `manage.py eaglet_client`"
"""What stands in the first lines of every module, and in no other file."""

_WIDTH: Final = 88
_INDENT: Final = "    "
# What the module itself says, besides builtins.
_TAKEN: Final = frozenset({"Any", "Decimal", "Resource", "SERVICE", "VERSION", "datetime"})
_TAKEN_BY_PARAMETERS: Final = frozenset({"self", "data", "_Data", "_NOT_GIVEN"})


@dataclass
class _Node:
    """A part of a name: `card`, or `trade` in it; it has verbs, or more parts, or both."""

    path: tuple[str, ...] = ()
    operations: list[Operation] = field(default_factory=list)
    parts: dict[str, _Node] = field(default_factory=dict)

    def walk(self) -> Iterator[_Node]:
        """What is below, the innermost first, and the node itself."""
        for _, part in sorted(self.parts.items()):
            yield from part.walk()
        yield self


def module(service: str, version: str, operations: Iterable[Operation]) -> str:
    """The text of the module.

    Args:
        service: the name to call the service by.
        version: what the service calls its version.
        operations: what it can be called for.
    """
    root = _tree(operations)
    nodes = [node for node in root.walk() if node.path]
    names = _names(service, root, nodes)
    body = "".join(_class(node, names) for node in nodes)
    lines = [
        *_docstring(f"Calls to the service {service}, version {version}.", ""),
        f"# {MARK}, which writes it anew: changes are lost.",
        "",
        "from __future__ import annotations",
        "",
        *(["import datetime"] if "datetime." in body else []),
        *(["from decimal import Decimal"] if "Decimal" in body else []),
        "from typing import Any",
        "",
        "from eaglet.client import Resource",
        "",
        f"SERVICE = {quoted(service)}",
        f"VERSION = {quoted(version)}",
        "",
        "_Data = dict[str, Any]",
        *(["_NOT_GIVEN: Any = object()"] if "_NOT_GIVEN" in body else []),
        "",
        "",
        "",
    ]
    return "\n".join(lines) + body + "\n".join(_variables(service, root, names)) + "\n"


def quoted(text: str) -> str:
    """A literal of the text, as ruff writes it; what can't be seen in it is escaped."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    written = (
        f"\\{each}" if each in (quote, "\\") else each if each.isprintable() else repr(each)[1:-1]
        for each in text
    )
    return f"{quote}{''.join(written)}{quote}"


def _tree(operations: Iterable[Operation]) -> _Node:
    root = _Node()
    for operation in operations:
        node = root
        for part in operation.resource.split("."):
            node = node.parts.setdefault(part, _Node((*node.path, part)))
        node.operations.append(operation)
    return root


@dataclass(frozen=True)
class _Names:
    classes: dict[tuple[str, ...], str]
    attributes: dict[tuple[str, ...], str]
    """Of a part of a name in its class; of a first part in the module."""
    promoted: dict[tuple[str, ...], str]
    """In the module, of the parts of a first part that is named as the service."""


def _names(service: str, root: _Node, nodes: list[_Node]) -> _Names:
    classes: dict[tuple[str, ...], str] = {}
    used = {*BUILTINS, *_TAKEN}
    for node in sorted(nodes, key=lambda node: node.path):
        wanted = class_name(node.path)
        name = next(each for each in _numbered(wanted) if each not in used)
        used.add(name)
        classes[node.path] = name
    taken = {*used, "_Data", "_NOT_GIVEN", "_resource"}
    attributes = {
        root.parts[part].path: name for part, name in identifiers(root.parts, taken=taken).items()
    }
    for node in nodes:
        own = identifiers(node.parts, taken={*VERBS, "_resource"})
        attributes |= {node.parts[part].path: name for part, name in own.items()}
    taken |= {attributes[part.path] for part in root.parts.values()}
    own_app = root.parts.get(service)
    promoted = {}
    if own_app is not None:
        for part, name in identifiers(own_app.parts, taken=taken).items():
            promoted[own_app.parts[part].path] = name
    return _Names(classes, attributes, promoted)


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}{number}"
        number += 1


def _class(node: _Node, names: _Names) -> str:
    about = "" if node.operations else ", by what follows in their names"
    name = ".".join(node.path)
    title = f"The resource {name}." if node.operations else f"The resources of {name}{about}."
    lines = [
        f"class {names.classes[node.path]}:",
        *_docstring(title, _INDENT),
        "",
        f"{_INDENT}def __init__(self, resource: Resource) -> None:",
        *([f"{_INDENT * 2}self._resource = resource"] if node.operations else []),
    ]
    for _, part in sorted(node.parts.items()):
        attribute = f"{_INDENT * 2}self.{names.attributes[part.path]}"
        lines.append(_fitting(f"{attribute} = {names.classes[part.path]}(resource)"))
    for operation in node.operations:
        lines += ["", *_method(operation)]
    return "\n".join(lines) + "\n\n\n"


def _method(operation: Operation) -> list[str]:
    parameters = operation.parameters
    python = identifiers((parameter.name for parameter in parameters), taken=_TAKEN_BY_PARAMETERS)
    lines = _header(operation.verb, [(python[each.name], each) for each in parameters])
    lines += _docstring(_said(operation), _INDENT * 2)
    required = [each for each in parameters if each.is_required]
    lines += _data([f"{quoted(each.name)}: {python[each.name]}" for each in required])
    for each in parameters[len(required) :]:
        nothing = "_NOT_GIVEN" if each.annotation == ANY else "None"
        name = python[each.name]
        lines.append(_fitting(f"{_INDENT * 2}if {name} is not {nothing}:"))
        lines.append(_fitting(f"{_INDENT * 3}data[{quoted(each.name)}] = {name}"))
    request = f'{{"resource": {quoted(operation.resource)}, "data": data}}'
    lines.append(_fitting(f"{_INDENT * 2}return self._resource.{operation.verb}({request})"))
    return lines


def _data(items: list[str]) -> list[str]:
    start = f"{_INDENT * 2}data: _Data = {{"
    line = f"{start}{', '.join(items)}}}"
    if _width(line) <= _WIDTH:
        return [line]
    lines = [start, *(f"{_INDENT * 3}{item}," for item in items), f"{_INDENT * 2}}}"]
    return _all_fitting(lines)


def _header(verb: str, parameters: list[tuple[str, Parameter]]) -> list[str]:
    start, end = f"{_INDENT}def {verb}(", ") -> dict[str, Any] | None:"
    if not parameters:
        return [f"{start}self{end}"]
    # With a comma at the end, ruff leaves one parameter on each line.
    lines = [start, f"{_INDENT * 2}self,", f"{_INDENT * 2}*,"]
    lines += [f"{_INDENT * 2}{name}: {_typed(parameter)}," for name, parameter in parameters]
    return _all_fitting([*lines, f"{_INDENT}{end}"])


def _typed(parameter: Parameter) -> str:
    if parameter.is_required:
        return parameter.annotation
    if parameter.annotation == ANY:
        # The service may take null for it, which is another thing than nothing.
        return "Any = _NOT_GIVEN"
    return f"{parameter.annotation} | None = None"


def _said(operation: Operation) -> str:
    summary = " ".join(operation.summary.split()) or (
        f"{operation.verb.upper()} {operation.resource}"
    )
    summary = summary if summary[-1] in ".!?。！？" else f"{summary}."
    if operation.grants:
        return f"{summary}\n\nNeeds the grant {', '.join(operation.grants)}."
    return summary


def _variables(service: str, root: _Node, names: _Names) -> Iterator[str]:
    yield "_resource = Resource.use(SERVICE)"
    for _, part in sorted(root.parts.items()):
        path = part.path
        yield _fitting(f"{names.attributes[path]} = {names.classes[path]}(_resource)")
    for path, name in sorted(names.promoted.items()):
        yield _fitting(f"{name} = {names.attributes[path[:1]]}.{names.attributes[path]}")


_SKIP: Final = "  # fmt: skip"


def _fitting(statement: str) -> str:
    """The statement; where it is wider than ruff has it, ruff is told to leave it."""
    return f"{statement}{_SKIP}" if _width(statement) > _WIDTH else statement


def _all_fitting(statement: list[str]) -> list[str]:
    """The lines of a statement; where one is wider than ruff has it, ruff is told to leave all."""
    if all(_width(line) <= _WIDTH for line in statement):
        return statement
    return [*statement[:-1], f"{statement[-1]}{_SKIP}"]


def _docstring(text: str, indent: str) -> list[str]:
    """A docstring of the text, whose paragraphs are wrapped; no quotes or escapes are in it."""
    paragraphs = [
        textwrap.wrap(
            _plain(paragraph),
            _WIDTH - len(indent) - 6,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for paragraph in text.split("\n\n")
    ]
    lines = "\n\n".join("\n".join(lines) for lines in paragraphs).split("\n")
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    first, *rest = lines
    return [
        f'{indent}"""{first}',
        *(f"{indent}{line}" if line else "" for line in rest),
        f'{indent}"""',
    ]


def _plain(text: str) -> str:
    # A summary is for people: of what is neither seen nor safe in a literal nothing is lost.
    seen = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(seen.replace('"', "'").replace("\\", "/").split())


def _width(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line)
