"""What the console tells of resources."""

from __future__ import annotations

from dataclasses import dataclass

from eaglet.api import registry
from eaglet.api.dispatch.plan import CompiledResource, compiled
from eaglet.api.introspection import (
    doc_of_method,
    doc_of_resource,
    passed_by_caller,
    path_of,
    split_doc,
)
from eaglet.observability.redaction import is_secret_name
from eaglet.params import Param


@dataclass(frozen=True)
class Parameter:
    """One field to fill in."""

    name: str
    type: str
    required: bool
    secret: bool

    @property
    def long(self) -> bool:
        """Whether a value may need lines."""
        return self.type in ("json", "list")


@dataclass(frozen=True)
class Operation:
    """A verb of a resource."""

    verb: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]
    guarded: bool
    grants: tuple[str, ...]


@dataclass(frozen=True)
class ResourceSummary:
    """A resource in the list."""

    app: str
    name: str
    summary: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class ResourceDetail:
    """A resource with all that is told of it."""

    app: str
    name: str
    path: str
    documentation: str
    operations: tuple[Operation, ...]


def list_resources() -> list[ResourceSummary]:
    """List every resource, in order of app and name."""
    return [
        ResourceSummary(
            app=resource.app,
            name=resource.resource,
            summary=split_doc(doc_of_resource(resource))[0],
            verbs=_verbs(compiled(resource)),
        )
        for resource in registry.registered()
    ]


def describe(resource: type[registry.Resource]) -> ResourceDetail:
    """Tell all of one resource."""
    declared = compiled(resource)
    return ResourceDetail(
        app=resource.app,
        name=resource.resource,
        path=path_of(resource),
        documentation=doc_of_resource(resource),
        operations=tuple(_operation(declared, verb) for verb in _verbs(declared)),
    )


def _verbs(declared: CompiledResource) -> tuple[str, ...]:
    return tuple(verb for verb in declared.methods if verb != "HEAD")


def _operation(declared: CompiledResource, verb: str) -> Operation:
    method = declared.methods[verb]
    summary, description = split_doc(doc_of_method(method))
    return Operation(
        verb=verb,
        summary=summary,
        description=description,
        parameters=tuple(_parameter(param) for param in passed_by_caller(declared, method)),
        guarded=method.rule is not None,
        grants=method.grants,
    )


def _parameter(param: Param) -> Parameter:
    return Parameter(param.name, param.type or "", param.required, is_secret_name(param.name))
