"""The resources there are, by app and resource name, and finding them at start-up."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Protocol

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.http.response import HttpResponseBase
from django.utils.module_loading import autodiscover_modules

from eaglet.conf import Settings
from eaglet.imports import import_named


class Resource(Protocol):
    """A class that declares a resource: what is asked of one from below `ApiResource`."""

    app: ClassVar[str]
    resource: ClassVar[str]
    authentication_classes: Any
    permission_classes: Any

    @classmethod
    def own_classes(cls) -> list[type]:
        """Return the class and what it inherits from, but for the framework's own classes."""

    @classmethod
    def is_guarded(cls) -> bool:
        """Tell whether any verb requires an access token."""

    @classmethod
    def as_view(cls) -> Callable[..., HttpResponseBase]:
        """Make the view that answers calls to it."""


_resources: dict[tuple[str, str], type[Resource]] = {}
_on_change: list[Callable[[], Any]] = []
_on_discovery: list[Callable[[], Any]] = []
_discovered = False


def register(resource: type[Resource]) -> None:
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


def unregister(resource: type[Resource]) -> None:
    """Remove a resource class."""
    pair = (resource.app, resource.resource)
    if _resources.get(pair) is resource:
        del _resources[pair]
        _changed()


def on_change(callback: Callable[[], Any]) -> None:
    """Call back whenever a class is added or removed."""
    _on_change.append(callback)


def _changed() -> None:
    for callback in _on_change:
        callback()


def lookup(app: str, resource: str) -> type[Resource] | None:
    """Return the class declared for a pair, or None, as fast for a thousand as for one."""
    return _resources.get((app, resource))


def registered() -> Iterator[type[Resource]]:
    """Iterate over every resource class, in order of app and resource."""
    return iter([_resources[pair] for pair in sorted(_resources)])


def place(resource: type) -> str:
    """Return the dotted name of a class, with file and line where they can be had."""
    name = f"{resource.__module__}.{resource.__qualname__}"
    try:
        line = inspect.getsourcelines(resource)[1]
        return f"{name} ({inspect.getsourcefile(resource)}:{line})"
    except (OSError, TypeError):
        return name


def discover() -> None:
    """Import every module that declares resources; one that fails to import fails start-up.

    Raises ImproperlyConfigured if a resource requires an access token and no installed app
    verifies any.
    """
    global _discovered  # noqa: PLW0603 - once a process
    autodiscover_modules("resources")
    import_named(Settings.EAGLET_RESOURCE_MODULES)
    _check_guards()
    _discovered = True
    while _on_discovery:
        _on_discovery.pop(0)()


def when_discovered(callback: Callable[[], Any]) -> None:
    """Call back once all resources are known, which may be now."""
    if _discovered:
        callback()
    else:
        _on_discovery.append(callback)


def _check_guards() -> None:
    if any(getattr(config, "verifies_access_tokens", False) for config in apps.get_app_configs()):
        return
    guarded = [resource for resource in registered() if resource.is_guarded()]
    if guarded:
        raise ImproperlyConfigured(
            f"{place(guarded[0])} requires an access token, and no installed app "
            "verifies any: add 'eaglet.auth' to INSTALLED_APPS"
        )
