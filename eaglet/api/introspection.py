"""What a caller may pass to a method of a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eaglet.params import Param

if TYPE_CHECKING:
    from eaglet.api.dispatch.plan import Method, Plan
import inspect
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eaglet.api.dispatch.plan import Method
    from eaglet.api.resource import ApiResource
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from eaglet.api import registry

if TYPE_CHECKING:
    from eaglet.api.resource import ApiResource


def passed_by_caller(plan: Plan, method: Method) -> tuple[Param, ...]:
    """The declared parameters, without what context providers put there themselves."""
    provided = {name for provider in plan.providers for name in provider.provides}
    return tuple(param for param in method.params if param.name not in provided)


def of_resource(resource: type[ApiResource]) -> str:
    """The docstring of the class, or of the nearest base that is not the framework's; or ""."""
    for klass in resource.own_classes():
        doc = klass.__dict__.get("__doc__")
        if isinstance(doc, str) and doc.strip():
            return inspect.cleandoc(doc)
    return ""


def of_method(method: Method) -> str:
    """The docstring of the handler, or ""."""
    doc = getattr(method.function, "__doc__", None)
    return inspect.cleandoc(doc) if isinstance(doc, str) else ""


def split(doc: str) -> tuple[str, str]:
    """The first paragraph of a docstring, on one line, and the rest."""
    first, _, rest = doc.partition("\n\n")
    return " ".join(first.split()), rest.strip()


TOKEN_RESOURCE: Final = ("auth", "access_token")


def path_of(resource: type[ApiResource]) -> str:
    """The path of a resource; below the root where the URLconf does not bring it."""
    try:
        return reverse("eaglet:resource", args=[resource.app, resource.resource])
    except NoReverseMatch:
        return f"/{resource.app}/{resource.resource}/"


def token_resource() -> type[ApiResource] | None:
    """The resource that issues access tokens, where they are issued here."""
    return registry.lookup(*TOKEN_RESOURCE)


def project_name() -> str:
    """What the project calls itself: the package of its URLconf."""
    urlconf = settings.ROOT_URLCONF
    return urlconf.partition(".")[0] if isinstance(urlconf, str) else "API"
