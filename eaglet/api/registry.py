"""The resources there are, by app and resource name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from eaglet.api.resource import ApiResource
from django.apps import apps
from django.utils.module_loading import autodiscover_modules

from eaglet.conf import Settings
from eaglet.imports import import_named

_resources: dict[tuple[str, str], type[ApiResource]] = {}
_listeners: list[Callable[[], None]] = []


def register(resource: type[ApiResource]) -> None:
    """Add a resource class; a second one for its pair is an ImproperlyConfigured naming both."""
    pair = (resource.app, resource.resource)
    known = _resources.get(pair)
    if known is not None and known is not resource:
        raise ImproperlyConfigured(
            f"two classes declare the resource {pair[0]}.{pair[1]}: "
            f"{place(known)} and {place(resource)}"
        )
    _resources[pair] = resource
    _changed()


def unregister(resource: type[ApiResource]) -> None:
    """Take a resource class out again."""
    pair = (resource.app, resource.resource)
    if _resources.get(pair) is resource:
        del _resources[pair]
        _changed()


def on_change(callback: Callable[[], None]) -> None:
    """Call back whenever a class is added or taken out."""
    _listeners.append(callback)


def _changed() -> None:
    for listener in _listeners:
        listener()


def lookup(app: str, resource: str) -> type[ApiResource] | None:
    """The class declared for a pair, or None; costs the same for one resource and a thousand."""
    return _resources.get((app, resource))


def registered() -> Iterator[type[ApiResource]]:
    """Every resource class, in order of app and resource."""
    return iter([_resources[pair] for pair in sorted(_resources)])


def place(resource: type) -> str:
    """Where a class stands: its dotted name, with file and line where they can be had."""
    name = f"{resource.__module__}.{resource.__qualname__}"
    try:
        line = inspect.getsourcelines(resource)[1]
        return f"{name} ({inspect.getsourcefile(resource)}:{line})"
    except (OSError, TypeError):
        return name


_done = False
_waiting: list[Callable[[], None]] = []


def discover() -> None:
    """Import every module that declares resources; one that fails to import fails start-up.

    Raises ImproperlyConfigured if a resource requires an access token and no installed app
    verifies any.
    """
    global _done  # noqa: PLW0603 - once a process
    autodiscover_modules("resources")
    import_named(Settings.EAGLET_RESOURCE_MODULES)
    _check_guards()
    _done = True
    while _waiting:
        _waiting.pop(0)()


def when_discovered(callback: Callable[[], None]) -> None:
    """Call back once all resources are known, which may be now."""
    if _done:
        callback()
    else:
        _waiting.append(callback)


def _check_guards() -> None:
    if any(getattr(config, "verifies_access_tokens", False) for config in apps.get_app_configs()):
        return
    guarded = [resource for resource in registered() if resource.is_guarded()]
    if guarded:
        raise ImproperlyConfigured(
            f"{place(guarded[0])} requires an access token, and no installed app "
            "verifies any: add 'eaglet.auth' to INSTALLED_APPS"
        )
