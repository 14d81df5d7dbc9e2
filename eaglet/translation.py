"""Texts of the base for the callers of a service, in their language.

The catalogue is that of `eaglet.api`, the app through which they reach callers.
"""

from __future__ import annotations

from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.utils.translation import gettext


def translated(message: str) -> str:
    """The message in the language that is active; as it is where there are no settings or apps.

    Business code checks its parameters in scripts without settings too.
    """
    try:
        return gettext(message)
    except (AppRegistryNotReady, ImproperlyConfigured):
        return message
