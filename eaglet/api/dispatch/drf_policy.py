"""The Django REST framework policies of a resource: those that are named, and no others.

Django REST framework has defaults of its own for each (session and basic authentication among
them). Here a policy counts only if the project's REST_FRAMEWORK or the class names it.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from django.conf import settings
from rest_framework.settings import api_settings
from rest_framework.views import APIView

from eaglet.api.request.method_override import VERBS

if TYPE_CHECKING:
    from eaglet.api.resource import ApiResource


def named(setting: str) -> bool:
    """Whether the project's REST_FRAMEWORK names a setting."""
    return setting in (getattr(settings, "REST_FRAMEWORK", None) or {})


class FromProject:
    """A class attribute: what the project names, else eaglet's own value; read when asked."""

    def __init__(self, setting: str, own: Any) -> None:
        self.setting = setting
        self.own = own

    def __get__(self, instance: object, owner: type) -> Any:
        if named(self.setting):
            return getattr(api_settings, self.setting)
        return self.own() if inspect.isfunction(self.own) else self.own


# What the class may set without any need of REST framework, as long as it is empty.
_GATES = ("authentication_classes", "permission_classes", "throttle_classes", "versioning_class")
_FORMAT_SETTINGS = (
    "DEFAULT_RENDERER_CLASSES",
    "DEFAULT_PARSER_CLASSES",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS",
    "EXCEPTION_HANDLER",
)
_NO_HOOKS = {
    *_GATES,
    "as_view",
    "http_method_names",
    "metadata_class",
    "schema",
    "throttle_scope",
    *VERBS,
}
_HOOKS = {name for name in dir(APIView) if not name.startswith("__")} - _NO_HOOKS


def needs_drf(resource: type[ApiResource]) -> bool:
    """Whether a resource class has anything for Django REST framework to do on each call.

    It has if an authenticator, permission, throttle or version scheme is named for it, by the
    project or by itself; if formats or the exception handler are; or if it overrides a hook.
    """
    return (
        any(getattr(resource, gate) for gate in _GATES)
        or any(named(setting) for setting in _FORMAT_SETTINGS)
        or bool(overridden_hooks(resource))
    )


def overridden_hooks(resource: type[ApiResource]) -> set[str]:
    """The names of APIView that a resource class, or a mixin of it, gives a meaning of its own."""
    return {name for klass in resource.own_classes() for name in vars(klass) if name in _HOOKS}


def names_renderers(resource: type[ApiResource]) -> bool:
    """Whether the project or the class says which renderers to use."""
    return named("DEFAULT_RENDERER_CLASSES") or bool(
        {"renderer_classes", "get_renderers"} & overridden_hooks(resource)
    )


def names_exception_handler(resource: type[ApiResource]) -> bool:
    """Whether the project or the class says what to do with exceptions."""
    return named("EXCEPTION_HANDLER") or "get_exception_handler" in overridden_hooks(resource)
