"""`geser add`: write a resource, a task, an event or its subscriber, with its test."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from django.core.exceptions import ImproperlyConfigured

from eaglet.geser import names
from eaglet.geser.errors import GeserError
from eaglet.geser.files import write_new
from eaglet.geser.manifest import read_manifest
from eaglet.geser.rendering import render_tree
from eaglet.params import Param

METHODS: Final = ("get", "post", "put", "delete", "patch")
LINE_LENGTH: Final = 100
"""What the generated pyproject.toml has the formatter keep to."""
_PARAM_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_SAMPLES: Final = {
    None: '"text"',
    "str": '"text"',
    "int": "1",
    "float": "1.5",
    "bool": "True",
    "json": """'{"a": 1}'""",
    "decimal": '"1.50"',
    "date": '"2026-01-31"',
    "datetime": '"2026-01-31 08:30:00"',
}
"""A value of each type of parameter, in Python, that a query and a JSON body can both carry."""


def add_resource(
    service: Path,
    name: str,
    methods: Iterable[str] = ("get",),
    params: Iterable[str] = (),
    *,
    guarded: bool = True,
) -> list[str]:
    """Write `api/<app>/a_<resource>.py` and its test; return the paths of what was written.

    The parameters, which each method takes, are declared as for `param_required`.
    """
    read_manifest(service)
    app, resource = names.split_resource_name(name)
    declared = [_param(declaration) for declaration in params]
    if len({param.name for param in declared}) < len(declared):
        raise GeserError("a parameter is declared twice")
    spelt = [str(declaration) for declaration in params]
    one_line = ", ".join(f'"{declaration}"' for declaration in spelt)
    fits = len(f"    @param_required([{one_line}])") <= LINE_LENGTH
    decorators = [
        *(["access_token_required"] if guarded else []),
        *(["param_required"] if declared else []),
    ]
    files = render_tree(
        "resource",
        {
            "app": app,
            "resource": resource,
            "class_name": "A" + "".join(part.capitalize() for part in resource.split("_")),
            "methods": _methods(methods),
            "params": spelt,
            "one_line": one_line if fits else "",
            "decorators": ", ".join(decorators),
            "guarded": guarded,
            "client": "caller" if guarded else "client",
            "values": [(param.name, _sample(param)) for param in declared],
            "required": [param.name for param in declared if param.required],
        },
    )
    package = f"api/{app}/__init__.py"
    if not (service / package).exists():
        files[package] = f'"""The resources `{app}.…`."""\n'
    write_new(service, files)
    return sorted(files)


def add_task(service: Path, name: str) -> list[str]:
    """Write `tasks/<name>.py` and its test; return the paths of what was written.

    The queue is `services.<service>.tasks.<name>`, or the name itself where it has dots.
    """
    queue, module = names.split_queue_name(name, read_manifest(service).answers.name)
    files = render_tree("task", {"queue": queue, "module": module})
    write_new(service, files)
    return sorted(files)


def add_for_event(service: Path, kind: str, name: str) -> list[str]:
    """Write `tasks/emits_….py` for an "event", or `tasks/on_….py` for a "subscriber".

    Return the paths of what was written, its test's among them. A subscriber's name may be a
    pattern.
    """
    read_manifest(service)
    example, module = names.split_event_name(name, is_pattern=kind == "subscriber")
    told = {"event": name, "example": example, "module": module, "constant": module.upper()}
    files = render_tree(kind, told)
    write_new(service, files)
    return sorted(files)


def _methods(given: Iterable[str]) -> Sequence[str]:
    wanted = {method.lower() for method in given}
    unknown = sorted(wanted - {*METHODS})
    if unknown or not wanted:
        raise GeserError(
            f"there is no method {', '.join(unknown)!r}; there are {', '.join(METHODS)}"
        )
    return [method for method in METHODS if method in wanted]


def _param(declaration: str) -> Param:
    try:
        param = Param.parse(declaration)
    except ImproperlyConfigured as error:
        raise GeserError(str(error)) from error
    if not _PARAM_NAME.fullmatch(param.name):
        raise GeserError(f"{param.name!r} can't be a parameter: letters, digits and _ make one")
    if "file" in (param.type, param.elements and param.elements.type):
        raise GeserError("a file is declared in the resource itself, once it is written")
    if param.name == "access_token":
        raise GeserError("'access_token' is the caller's credential, and no parameter")
    return param


def _sample(param: Param) -> str:
    """Return a value of a parameter in Python, within its limits."""
    limits = param.limits
    if param.type == "list":
        element = _sample(param.elements) if param.elements else '"a"'
        return f"[{', '.join([element] * max(2, (limits and limits.low) or 2))}]"
    if limits is None:
        return _SAMPLES[param.type]
    if param.type == "str" and not limits.choices:
        return f'"{("text" * (limits.low or 1))[: limits.high]}"'
    end = next((end for end in (*limits.choices, limits.low, limits.high) if end is not None), None)
    return repr(end) if isinstance(end, int | float) else f'"{end}"'
