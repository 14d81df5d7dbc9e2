"""What the console tells of resources."""

from __future__ import annotations

from dataclasses import dataclass

from eaglet.api import introspection as documentation
from eaglet.api import registry
from eaglet.api.dispatch.plan import Plan, plan_of
from eaglet.api.introspection import passed_by_caller, path_of
from eaglet.api.resource import ApiResource
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
class Listed:
    """A resource in the list."""

    app: str
    name: str
    summary: str
    verbs: tuple[str, ...]


@dataclass(frozen=True)
class Shown:
    """A resource with all that is told of it."""

    app: str
    name: str
    path: str
    documentation: str
    operations: tuple[Operation, ...]


def listed() -> list[Listed]:
    """Every resource, in order of app and name."""
    return [
        Listed(
            app=resource.app,
            name=resource.resource,
            summary=documentation.split(documentation.of_resource(resource))[0],
            verbs=_verbs(plan_of(resource)),
        )
        for resource in registry.registered()
    ]


def shown(resource: type[ApiResource]) -> Shown:
    """All of one resource."""
    plan = plan_of(resource)
    return Shown(
        app=resource.app,
        name=resource.resource,
        path=path_of(resource),
        documentation=documentation.of_resource(resource),
        operations=tuple(_operation(plan, verb) for verb in _verbs(plan)),
    )


def _verbs(plan: Plan) -> tuple[str, ...]:
    return tuple(verb for verb in plan.methods if verb != "HEAD")


def _operation(plan: Plan, verb: str) -> Operation:
    method = plan.methods[verb]
    summary, description = documentation.split(documentation.of_method(method))
    return Operation(
        verb=verb,
        summary=summary,
        description=description,
        parameters=tuple(_parameter(param) for param in passed_by_caller(plan, method)),
        guarded=method.rule is not None,
        grants=method.grants,
    )


def _parameter(param: Param) -> Parameter:
    return Parameter(param.name, param.type or "", param.required, is_secret_name(param.name))
