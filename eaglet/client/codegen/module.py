"""Write the text of the module as ruff formats it, so that it stays as it is."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from typing import Final

from eaglet.client.codegen.names import Names, class_name
from eaglet.client.codegen.operations import Operation

WIDTH: Final = 88
_OWN_NAMES: Final = (
    "SERVICE", "VERSION", "Any", "Decimal", "Final", "annotations", "call", "call_or_raise",
    "bool", "datetime", "dict", "float", "int", "list", "str",
)  # fmt: skip


def module_text(
    service: str, version: str, operations: Iterable[Operation], *, raises: bool = False
) -> str:
    """Return the module, with a namespace for each app but the one of the service's own name.

    Args:
        service: the service's name, as in EAGLET_SERVICES.
        version: its version.
        operations: by app, resource and verb.
        raises: whether failures are raised, so that every call gives an envelope.
    """
    operations = list(operations)
    used = {parameter.annotation for one in operations for parameter in one.parameters}
    # Classes and instances are of one scope: an app may be called as a class is.
    names = Names(*_OWN_NAMES)
    body: list[str] = []
    for app, of_app in groupby(operations, key=lambda one: one.app):
        members = Names("Final")
        attributes: list[tuple[str, str]] = []
        for resource, of_resource in groupby(of_app, key=lambda one: one.resource):
            made = names.name(class_name(app, resource))
            body += ["", "", *_resource_class(made, f"{app}.{resource}", of_resource, raises)]
            attributes.append((members.name(resource), made))
        if app == service:
            body += ["", ""]
            body += [f"{names.name(attribute)}: Final = {made}()" for attribute, made in attributes]
            continue
        made = names.name(class_name(app))
        body += ["", "", f"class {made}:"]
        body += _docstring([f"The resources of {app}."], 1)
        body += ["", *(f"    {attribute}: Final = {one}()" for attribute, one in attributes)]
        body += ["", "", f"{names.name(app)}: Final = {made}()"]
    constants = {"SERVICE": service, "VERSION": version}
    lines = [*(f"{name}: Final = {literal(text)}" for name, text in constants.items()), *body]
    # How ruff would wrap what is too long differs between its versions.
    is_long = any(len(line) > WIDTH for line in lines)
    return "\n".join(
        [*_head(service, used, raises), "", *(["# fmt: off"] if is_long else []), *lines, ""]
    )


def _head(service: str, used: Collection[str], raises: bool) -> Iterator[str]:
    yield from _docstring(
        [
            f"Calls of the service {service!r} with the types its resources declare.",
            "Written by `manage.py eaglet_client` from the service's OpenAPI document; not to be "
            "edited, but written anew. A parameter that is None is not sent.",
        ],
        0,
    )
    yield from ("", "from __future__ import annotations", "")
    if any(annotation.startswith("datetime.") for annotation in used):
        yield "import datetime"
    if "Decimal" in used:
        yield "from decimal import Decimal"
    yield "from typing import Any, Final"
    yield from ("", f"from eaglet.client.typed import {_function(raises)}")


def _function(raises: bool) -> str:
    return "call_or_raise" if raises else "call"


def _resource_class(
    made: str, resource: str, operations: Iterable[Operation], raises: bool
) -> Iterator[str]:
    yield f"class {made}:"
    yield from _docstring([f"The resource {resource}."], 1)
    for operation in operations:
        yield ""
        yield from _method(operation, raises)


def _method(operation: Operation, raises: bool) -> Iterator[str]:
    given = "dict[str, Any]" if raises else "dict[str, Any] | None"
    scope = Names("self", "SERVICE", _function(raises))
    parameters = [(scope.name(one.name), one) for one in operation.parameters]
    if not parameters:
        yield f"    def {operation.verb}(self) -> {given}:"
    else:
        yield f"    def {operation.verb}("
        yield from ("        self,", "        *,")
        for name, one in parameters:
            if one.is_required:
                yield f"        {name}: {one.annotation},"
            elif one.annotation == "Any":
                yield f"        {name}: Any = None,"
            else:
                yield f"        {name}: {one.annotation} | None = None,"
        yield f"    ) -> {given}:"
    told = [operation.summary or f"{operation.verb.upper()} {operation.name}."]
    if operation.grants:
        told.append(f"Grants: {', '.join(operation.grants)}.")
    yield from _docstring(told, 2)
    yield f"        return {_function(raises)}("
    yield "            SERVICE,"
    yield f"            {literal(operation.verb)},"
    yield f"            {literal(operation.name)},"
    if parameters:
        yield "            {"
        yield from (f"                {literal(one.name)}: {name}," for name, one in parameters)
        yield "            },"
    else:
        yield "            {},"
    yield "        )"


def literal(text: str) -> str:
    """Return a string of Python's, whatever a stranger has put into it; as ruff would quote it."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    return quote + "".join(_escaped(each, quote) for each in text) + quote


def _escaped(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    # What can't be seen is escaped: it could look like code.
    return character if character.isprintable() else ascii(character)[1:-1]


def _docstring(paragraphs: list[str], level: int) -> Iterator[str]:
    indent = "    " * level
    lines: list[str] = []
    for paragraph in paragraphs:
        text = ("" if lines else '"""') + _prose(paragraph)
        lines += [""] if lines else []
        lines += textwrap.wrap(text, WIDTH - len(indent) - 3, break_on_hyphens=False)
    if len(lines) == 1:
        yield f'{indent}{lines[0]}"""'
        return
    yield from (f"{indent}{line}".rstrip() for line in lines)
    yield f'{indent}"""'


def _prose(text: str) -> str:
    """Return a stranger's text as one line that ends no docstring and escapes nothing."""
    seen = "".join(each if each.isprintable() else " " for each in text)
    return " ".join(seen.replace("\\", "/").replace('"', "'").split()) or "-"
