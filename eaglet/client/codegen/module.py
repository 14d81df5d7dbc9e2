"""Write the text of the module."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from eaglet.client.codegen.names import Names, as_docstring, class_name
from eaglet.client.codegen.operations import Operation
from eaglet.client.codegen.types import Types

# How formatters wrap and quote differs between their versions; lines are as long as what is told.
_HEAD: Final = '''\
"""Calls of the service {service!r} with the types its resources declare.

Written by `manage.py eaglet_client` from the service's OpenAPI document; not to be edited, but
written anew. A parameter that is None is not sent.
"""

# fmt: off
# ruff: noqa

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Final, Literal, NotRequired, TypedDict, cast

from eaglet.client.typed import Answer, File, {function}
from eaglet.exceptions import ResourceError

SERVICE: Final = {service!r}
VERSION: Final = {version!r}
'''
_OWN_NAMES: Final = (
    "SERVICE", "VERSION", "Answer", "Any", "Decimal", "File", "Final", "Literal", "NotRequired",
    "ResourceError", "TypedDict", "annotations", "call", "call_or_raise", "cast", "bool",
    "datetime", "dict", "float", "int", "list", "str",
)  # fmt: skip


def module_text(
    service: str,
    version: str,
    operations: Iterable[Operation],
    document: Mapping[str, Any],
    *,
    raises: bool = False,
) -> str:
    """Return the module, with a namespace for each app but the one of the service's own name.

    Args:
        service: the service's name, as in EAGLET_SERVICES.
        version: its version.
        operations: by app, resource and verb.
        document: the service's, which they are of.
        raises: whether failures are raised, so that every call gives an envelope.
    """
    function = "call_or_raise" if raises else "call"
    # Classes and instances are of one scope: an app may be called as a class is.
    names = Names(*_OWN_NAMES)
    types = Types(document, names)
    lines: list[str] = []
    for app, of_app in groupby(operations, key=lambda one: one.app):
        members = Names("Final")
        attributes: list[tuple[str, str]] = []
        for resource, of_resource in groupby(of_app, key=lambda one: one.resource):
            made = names.name(class_name(app, resource))
            lines += [
                "",
                f"class {made}:",
                f"    {as_docstring(f'The resource {app}.{resource}.')}",
            ]
            for operation in of_resource:
                lines += _method(operation, types, function)
            lines.append("")
            attributes.append((members.name(resource), made))
        if app == service:
            lines += ["", *(f"{names.name(one)}: Final = {made}()" for one, made in attributes), ""]
            continue
        made = names.name(class_name(app))
        lines += ["", f"class {made}:", f"    {as_docstring(f'The resources of {app}.')}", ""]
        lines += [f"    {attribute}: Final = {one}()" for attribute, one in attributes]
        lines += ["", "", f"{names.name(app)}: Final = {made}()", ""]
    head = _HEAD.format(service=service, version=version, function=function)
    return "\n".join([head, *types.lines, *lines])


def _method(operation: Operation, types: Types, function: str) -> Iterator[str]:
    told_by = class_name(operation.app, operation.resource, operation.verb)
    answer = None if operation.data is None else types.annotation(operation.data, told_by)
    errors = ", ".join(f"{one[0]}: {types.error(*one)}" for one in operation.refusals)
    scope = Names("self", "SERVICE", "cast", function, *types.made)
    given = "dict[str, Any]" if answer is None else f"Answer[{answer}]"
    given += "" if function == "call_or_raise" else " | None"
    parameters = [(scope.name(one.name), one) for one in operation.parameters]
    yield from ("", f"    def {operation.verb}(", "        self,")
    if parameters:
        yield "        *,"
    for name, one in parameters:
        annotation = types.annotation(one.schema, f"{told_by}_{one.name}")
        yield f"        {name}: {annotation}{',' if one.is_required else ' | None = None,'}"
    yield f"    ) -> {given}:"
    told = operation.summary or f"{operation.verb.upper()} {operation.name}."
    if operation.grants:
        told += f" Grants: {', '.join(operation.grants)}."
    yield f"        {as_docstring(told)}"
    files = ", ".join(f"{one.name!r}: {name}" for name, one in parameters if one.is_file)
    options = [
        f"files={{{files}}}" if files else "",
        f"answer={answer}" if answer not in (None, "None") else "",
        f"errors={{{errors}}}" if errors else "",
    ]
    end = ", ".join(["}", *filter(None, options)])
    yield f"        return cast({given!r}, {function}("
    yield f"            SERVICE, {operation.verb!r}, {operation.name!r}, {{"
    yield from (f"            {one.name!r}: {name}," for name, one in parameters if not one.is_file)
    yield f"        {end}))"
