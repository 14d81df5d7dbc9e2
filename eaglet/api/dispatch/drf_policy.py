"""The Django REST framework policies of a resource: those that are named, and no others."""

from rest_framework.views import APIView

from eaglet.api.registry import Resource
from eaglet.api.request.drf import named
from eaglet.api.request.method_override import VERBS

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
_HOOKS = {name for name in dir(APIView) if not name.startswith("__")} - _NO_HOOKS | {"__init__"}


def needs_drf(resource: type[Resource]) -> bool:
    """Tell whether Django REST framework has anything to do on each call of a resource.

    It has if an authenticator, permission, throttle or version scheme is named for it, by the
    project or by itself; if formats or the exception handler are; or if it overrides a hook.
    """
    return (
        any(getattr(resource, gate) for gate in _GATES)
        or any(named(setting) for setting in _FORMAT_SETTINGS)
        or bool(overridden_hooks(resource))
    )


def overridden_hooks(resource: type[Resource]) -> set[str]:
    """Return the names of APIView that a class, or a mixin of it, defines anew."""
    return {name for klass in resource.own_classes() for name in vars(klass) if name in _HOOKS}


def names_renderers(resource: type[Resource]) -> bool:
    """Tell whether the project or the class says which renderers to use."""
    return named("DEFAULT_RENDERER_CLASSES") or bool(
        {"renderer_classes", "get_renderers"} & overridden_hooks(resource)
    )


def names_exception_handler(resource: type[Resource]) -> bool:
    """Tell whether the project or the class says what to do with exceptions."""
    return named("EXCEPTION_HANDLER") or "get_exception_handler" in overridden_hooks(resource)
