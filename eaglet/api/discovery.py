"""Finding the resources: every installed app's `resources` module, and what settings name."""

from __future__ import annotations

from collections.abc import Callable

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import autodiscover_modules

from eaglet.api import registry
from eaglet.conf import Settings
from eaglet.module_walk import import_named

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
    guarded = [resource for resource in registry.registered() if resource.is_guarded()]
    if guarded:
        raise ImproperlyConfigured(
            f"{registry.place(guarded[0])} requires an access token, and no installed app "
            "verifies any: add 'eaglet.auth' to INSTALLED_APPS"
        )
