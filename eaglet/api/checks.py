"""System checks of the resources, of the URLconf that brings them, and of staff access."""

import difflib
import inspect
import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.exceptions import Resolver404
from rest_framework.permissions import AllowAny

from eaglet.api import registry, routing
from eaglet.api.context import load_providers
from eaglet.api.dispatch.drf_policy import overridden_hooks
from eaglet.api.dispatch.plan import handlers
from eaglet.api.security import staff_access
from eaglet.api.security.decorator import is_public, token_rule
from eaglet.conf import Settings, conf
from eaglet.conf.validation import is_sound

# In a route or regular expression: what stands for one character, and what may hold a slash.
_CHARACTER_CLASS = re.compile(r"\[[^\]]*\]")
_SHORTEST_TOKEN = 32
_GUARDS = {"initial", "check_permissions", "get_permissions", "dispatch"}
_ANY_LENGTH = re.compile(r"<path:|(?<!\\)\.[*+]")


@register(Tags.urls)
def check_catch_all_is_last(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: a pattern after the resources' is never reached where it has the form of a pair."""
    found: list[CheckMessage] = []
    taken: str | None = None  # below which prefix every pair is taken
    for pattern in _top_patterns():
        if taken is not None and _may_be_a_pair(pattern, taken):
            found.append(
                Warning(
                    f"The URL pattern '{pattern.pattern}' stands after eaglet's, "
                    "which takes every path of the form app/resource/.",
                    hint='Put path("", include("eaglet.api.urls")) last.',
                    id="eaglet_api.W001",
                )
            )
        if taken is None and _brings_resources(pattern):
            taken = str(pattern.pattern)
    return found


@register(Tags.urls)
def check_resources_are_reachable(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: a resource of the same path as a route of eaglet's own, or of the project's."""
    if not any(map(_brings_resources, _top_patterns())):
        return []
    own_routes = {str(route.pattern).split("/", 1)[0] for route in routing.own_routes()}
    return [
        Error(
            f"The resource {registry.place(resource)} can't have the path "
            f"/{resource.app}/{resource.resource}/: another route begins with it.",
            hint="Choose another `app` for the resource.",
            obj=resource,
            id="eaglet_api.E001",
        )
        for resource in registry.registered()
        if resource.app in own_routes or _leads_elsewhere(resource)
    ]


@register(Tags.urls)
def check_resources_are_brought(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W004: resources are declared, and the URLconf does not bring them."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []  # nothing is served
    declared = next(registry.registered(), None)
    if declared is None or any(map(_brings_resources, _top_patterns())):
        return []
    return [
        Warning(
            f"Nobody can call {registry.place(declared)}: the URLconf does not bring resources.",
            hint='Put path("", include("eaglet.api.urls")) last in the urlpatterns of '
            "ROOT_URLCONF.",
            id="eaglet_api.W004",
        )
    ]


@register(Tags.urls)
def check_prefix_captures_nothing(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: the URLs stand below a prefix that captures something, which no view would take."""
    return [
        Error(
            f"The URLs of eaglet stand below '{prefix}', which passes arguments to every view.",
            hint='Write the prefix out: path("api/v1/", include("eaglet.api.urls")).',
            id="eaglet_api.E004",
        )
        for pattern in _top_patterns()
        for prefix in _capturing(pattern)
    ]


@register()
def check_handlers_take_one_dict(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W002: a handler that can't be called with one argument."""
    return [
        Warning(
            f"{registry.place(resource)}: {verb} does not take one dict ({fault}).",
            hint=f"A handler is a plain function without self: def {verb}(args).",
            obj=resource,
            id="eaglet_api.W002",
        )
        for resource in registry.registered()
        for verb, handler in handlers(resource).items()
        if (fault := _misfit(handler))
    ]


@register()
def check_resources_have_verbs(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W008: a resource that answers nothing."""
    return [
        Warning(
            f"{registry.place(resource)} has no verb: nobody can call it.",
            hint="Write get, post, put, delete or patch, in lower case, as a function of one dict; "
            "a base that is no resource itself says `abstract = True`.",
            obj=resource,
            id="eaglet_api.W008",
        )
        for resource in registry.registered()
        if not handlers(resource)
    ]


@register(Tags.security)
def check_openness_is_meant(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W009: methods that are open to everybody, and not marked `@public`."""
    return [
        Warning(
            f"{registry.place(resource)} is open to everybody: {', '.join(verbs)}.",
            hint="Guard the method by @access_token_required(), or mark it by @public.",
            obj=resource,
            id="eaglet_api.W009",
        )
        for resource in registry.registered()
        if not _has_permissions(resource)
        and (verbs := [verb for verb, handler in handlers(resource).items() if _is_open(handler)])
    ]


@register()
def check_grants_are_spelt_right(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W005: a method asks for a grant that is nearly, and not quite, a verb of a resource."""
    verbs = [
        (f"{resource.app}.{resource.resource}:{verb}", resource, token_rule(handler))
        for resource in registry.registered()
        for verb, handler in handlers(resource).items()
    ]
    names = {name for name, _, _ in verbs}
    return [
        Warning(
            f"{name} asks for the grant {grant!r}, and there is {near[0]!r}.",
            hint="Is it misspelt? If it is a grant of your own, silence this check.",
            obj=resource,
            id="eaglet_api.W005",
        )
        for name, resource, rule in verbs
        for grant in (rule.grants or () if rule else ())
        if grant not in names and (near := difflib.get_close_matches(grant, names, 1, 0.9))
    ]


@register()
def check_context_providers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: EAGLET_CONTEXT_PROVIDERS names something that is no context provider."""
    if not is_sound(Settings.EAGLET_CONTEXT_PROVIDERS):
        return []
    try:
        load_providers()
    except ImproperlyConfigured as error:
        return [
            Error(
                str(error),
                hint="Name functions provider(request) -> dict with a `provides` tuple.",
                id="eaglet_api.E002",
            )
        ]
    return []


@register(Tags.security)
def check_metrics_access(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E005, E006: EAGLET_METRICS_NETWORKS is no list of networks, EAGLET_METRICS_TOKEN is short."""
    found: list[CheckMessage] = []
    if is_sound(Settings.EAGLET_METRICS_NETWORKS):
        for network in conf.EAGLET_METRICS_NETWORKS:
            try:
                ipaddress.ip_network(network, strict=False)
            except ValueError:
                hint = 'Write addresses with the length of their prefix, like "10.0.0.0/8".'
                said = f"EAGLET_METRICS_NETWORKS: {network!r} is no network."
                found.append(Error(said, hint=hint, id="eaglet_api.E005"))
    token = conf.EAGLET_METRICS_TOKEN if is_sound(Settings.EAGLET_METRICS_TOKEN) else None
    if token and len(token) < _SHORTEST_TOKEN:
        said = f"EAGLET_METRICS_TOKEN has fewer than {_SHORTEST_TOKEN} characters."
        hint = 'Make one: python -c "import secrets; print(secrets.token_urlsafe(32))"'
        found.append(Error(said, hint=hint, id="eaglet_api.E006"))
    return found


@register(Tags.security, deploy=True)
def check_open_to_everybody(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W003: console, OpenAPI and metrics are open to everybody."""
    if staff_access.audience() != "everybody":
        return []
    cause = "EAGLET_CONSOLE is True" if conf.EAGLET_CONSOLE is True else "DEBUG is on"
    return [
        Warning(
            f"The console, OpenAPI and metrics are open to everybody, as {cause}.",
            hint="Set EAGLET_CONSOLE to None (staff only, with DEBUG off), 'staff' or False.",
            id="eaglet_api.W003",
        )
    ]


def _has_permissions(resource: type[registry.Resource]) -> bool:
    """Tell whether Django REST framework is asked who may call: what a hook asks, nobody knows."""
    named = {*resource.permission_classes} - {AllowAny}
    return bool(named or overridden_hooks(resource) & _GUARDS)


def _is_open(handler: Callable[..., Any]) -> bool:
    return token_rule(handler) is None and not is_public(handler)


def _top_patterns() -> Sequence[URLPattern | URLResolver]:
    patterns: Sequence[URLPattern | URLResolver] = get_resolver().url_patterns
    return patterns


def _flat(pattern: URLPattern | URLResolver) -> Iterator[URLPattern]:
    if isinstance(pattern, URLPattern):
        yield pattern
    else:
        for inner in pattern.url_patterns:
            yield from _flat(inner)


def _capturing(pattern: URLPattern | URLResolver) -> Iterator[str]:
    if isinstance(pattern, URLResolver) and _brings_resources(pattern):
        if pattern.pattern.regex.groups or pattern.default_kwargs:
            yield str(pattern.pattern)
        for inner in pattern.url_patterns:
            yield from _capturing(inner)


def _brings_resources(pattern: URLPattern | URLResolver) -> bool:
    return any(isinstance(inner, routing.DeclaredResources) for inner in _flat(pattern))


def _may_be_a_pair(pattern: URLPattern | URLResolver, prefix: str) -> bool:
    route = str(pattern.pattern).removeprefix("^")
    if not route.startswith(prefix) and prefix:
        return False
    route = _CHARACTER_CLASS.sub("x", route.removeprefix(prefix))
    if isinstance(pattern, URLResolver) or _ANY_LENGTH.search(route):
        return True
    return len(route.strip("$/").split("/")) == 2


def _misfit(handler: Callable[..., Any]) -> str:
    try:
        inspect.signature(handler).bind({})
    except TypeError as error:
        return str(error)
    except ValueError:  # a callable without a signature
        pass
    return ""


def _leads_elsewhere(resource: type[registry.Resource]) -> bool:
    try:
        match = get_resolver().resolve(f"/{resource.app}/{resource.resource}/")
    except Resolver404:
        return False
    return getattr(match.func, "cls", None) is not resource
