"""System checks of who may see the console, OpenAPI, the browsable page and metrics."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, Warning, register

from eaglet.api import disclosure
from eaglet.conf import conf


@register()
def check_console_setting(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: a value of EAGLET_CONSOLE that means nothing."""
    value: object = conf.EAGLET_CONSOLE
    if not isinstance(value, str) or value == disclosure.STAFF:  # other types are eaglet.E001
        return []
    return [
        Error(
            f"EAGLET_CONSOLE is {value!r}; it must be None, True, False or {disclosure.STAFF!r}.",
            hint="None: everybody with DEBUG, else staff; True: everybody; False: nobody; "
            "'staff': staff, with DEBUG too.",
            id="eaglet_api.E003",
        )
    ]


@register(Tags.security, deploy=True)
def check_open_to_everybody(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W003: console, OpenAPI, browsable page and metrics are open to everybody."""
    if not disclosure.is_open():
        return []
    cause = "EAGLET_CONSOLE is True" if conf.EAGLET_CONSOLE is True else "DEBUG is on"
    return [
        Warning(
            "The console, OpenAPI, the browsable page and metrics are open to everybody, "
            f"as {cause}.",
            hint="Set EAGLET_CONSOLE to None (staff only, with DEBUG off), 'staff' or False.",
            id="eaglet_api.W003",
        )
    ]
