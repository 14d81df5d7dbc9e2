"""What the console tells of resources: what its templates show."""

from typing import Any

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


def list_resources() -> list[dict[str, Any]]:
    """List every resource, in order of app and name: `app`, `name`, `summary` and `verbs`."""
    return [
        {
            "app": resource.app,
            "name": resource.resource,
            "summary": split_doc(doc_of_resource(resource))[0],
            "verbs": _verbs(compiled(resource)),
        }
        for resource in registry.registered()
    ]


def describe(resource: type[registry.Resource]) -> dict[str, Any]:
    """Tell all of one resource: its path, documentation, and each verb with its parameters."""
    declared = compiled(resource)
    return {
        "app": resource.app,
        "name": resource.resource,
        "path": path_of(resource),
        "documentation": doc_of_resource(resource),
        "operations": [_operation(declared, verb) for verb in _verbs(declared)],
    }


def _verbs(declared: CompiledResource) -> list[str]:
    return [verb for verb in declared.methods if verb != "HEAD"]


def _operation(declared: CompiledResource, verb: str) -> dict[str, Any]:
    method = declared.methods[verb]
    summary, description = split_doc(doc_of_method(method))
    return {
        "verb": verb,
        "summary": summary,
        "description": description,
        "parameters": [_parameter(param) for param in passed_by_caller(declared, method)],
        "guarded": method.rule is not None,
        "grants": method.grants,
        "refusals": [
            {"code": error.code, "name": error.__name__, "meaning": error.meaning()}
            for error in method.refusals
        ],
    }


def _parameter(param: Param) -> dict[str, Any]:
    limits, is_list = (param.elements or param).limits, param.type == "list"
    type_ = param.elements.type if param.elements else param.type
    return {
        "name": param.name,
        "type": "file" if type_ == "file" else param.type or "",
        "spelled": param.spelled or param.type or "",
        "choices": limits.choices if limits and not is_list else (),
        "media_types": ",".join(limits.media_types) if limits else "",
        "several": is_list,
        "default": param.default,
        "required": param.required,
        "secret": is_secret_name(param.name),
        "long": param.type in ("json", "list"),
    }
