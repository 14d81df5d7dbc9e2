"""System checks of eaglet's settings: unknown names, values of a wrong type, tables in MongoDB.

Every app of eaglet registers them; however many are installed, they run once. What a value of the
right type may mean is for the checks of the app that reads it, which skip values that fail here.
"""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections, router

from eaglet.conf import Setting, Settings
from eaglet.conf.validation import fault_of

PREFIX: Final = "EAGLET_"


def declared_settings() -> dict[str, Setting[Any]]:
    """Return every setting by its name, in the order of declaration."""
    return {name: value for name, value in vars(Settings).items() if isinstance(value, Setting)}


@register
def check_settings(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find names that nobody reads (W001), and values of a wrong type or size (E001)."""
    return [*_unknown_names(), *_wrong_values()]


@register(Tags.models)
def check_databases(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse tables of eaglet's that are routed to MongoDB (E002)."""
    if apps.is_installed("eaglet.mongo"):
        return []  # its own check looks after every model
    own = [app for app in apps.get_app_configs() if app.name.startswith("eaglet.")]
    return [
        Error(
            f"{model._meta.label} is routed to the database {alias!r}, which is MongoDB.",
            hint="It relies on transactions, and transaction.atomic does nothing there. Have "
            f"DATABASE_ROUTERS keep the app {app.label!r} in an SQL database.",
            obj=model,
            id="eaglet.E002",
        )
        for app in own
        for model in app.get_models()
        for alias in sorted({router.db_for_read(model), router.db_for_write(model)})
        if "mongo" in connections.databases.get(alias, {}).get("ENGINE", "")
    ]


def _unknown_names() -> Iterator[CheckMessage]:
    # Compared without what they all begin with, which would make any two look alike.
    known = {name.removeprefix(PREFIX): name for name in declared_settings()}
    for name in sorted(dir(settings)):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in known:
            nearest = difflib.get_close_matches(name.removeprefix(PREFIX), known, 1, 0.5)
            yield Warning(
                f"There is no setting {name}: it has no effect.",
                hint=f"Did you mean {known[nearest[0]]}?"
                if nearest
                else f"Take it out, or give a setting of your own a name without {PREFIX}.",
                id="eaglet.W001",
            )


def _wrong_values() -> Iterator[CheckMessage]:
    for name, setting in declared_settings().items():
        # A name without our prefix, such as APP_KEY, may be some other app's setting.
        is_ours = name.startswith(PREFIX) or apps.is_installed("eaglet.client")
        if not hasattr(settings, name) or not is_ours:
            continue
        if fault := fault_of(setting, getattr(settings, name)):
            yield Error(fault, hint=_hint(setting, getattr(settings, name)), id="eaglet.E001")


def _hint(setting: Setting[Any], value: object) -> str:
    if isinstance(value, str) and fault_of(setting, [value]) is None:
        return f'Write a list, even of one: {setting.name} = ["…"].'
    if isinstance(value, str) and fault_of(setting, 1) is None:
        return "What comes from the environment is a string: convert it with int() or float()."
    if isinstance(value, str) and fault_of(setting, True) is None:
        return "What comes from the environment is a string: compare it, as in … == 'true'."
    return f"{setting.__doc__} The default is {setting.default!r}."
