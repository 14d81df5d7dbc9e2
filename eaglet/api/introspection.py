"""What OpenAPI and the console tell of a resource: parameters, documentation and path."""

import inspect

from django.urls import NoReverseMatch, reverse

from eaglet.api import registry
from eaglet.api.dispatch.plan import CompiledResource, Method
from eaglet.params import Param


def passed_by_caller(resource: CompiledResource, method: Method) -> tuple[Param, ...]:
    """Return the declared parameters, without what context providers put there themselves."""
    return tuple(param for param in method.params if param.name not in resource.provided)


def doc_of_resource(resource: type[registry.Resource]) -> str:
    """Return the docstring of the class, or of the nearest base of the project's; or ""."""
    for klass in resource.own_classes():
        doc = klass.__dict__.get("__doc__")
        if isinstance(doc, str) and doc.strip():
            return inspect.cleandoc(doc)
    return ""


def doc_of_method(method: Method) -> str:
    """Return the docstring of the handler, or ""."""
    doc = getattr(method.function, "__doc__", None)
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""


def split_doc(doc: str) -> tuple[str, str]:
    """Return the first paragraph of a docstring, on one line, and the rest."""
    first, _, rest = doc.partition("\n\n")
    return " ".join(first.split()), rest.strip()


def path_of(resource: type[registry.Resource]) -> str:
    """Return the path of a resource; below the root where the URLconf does not bring it."""
    own = resource.app, resource.resource
    return url_of("eaglet:resource", *own, default=f"/{'/'.join(own)}/")


def url_of(view: str, *args: str, default: str = "") -> str:
    """Return the path of a view by its name; the default where the URLconf does not bring it."""
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return default


def token_resource() -> type[registry.Resource] | None:
    """Return the resource that issues access tokens, where they are issued here."""
    return registry.lookup("auth", "access_token")
