"""Translate what the base says to the callers of a service.

The catalogue is that of `eaglet.api`, through which the texts reach callers.
"""

from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.utils.translation import gettext


def translated(message: str) -> str:
    """Translate into the active language; without settings or apps return the message as it is.

    Business code checks its parameters in scripts without settings too.
    """
    try:
        return gettext(message)
    except (AppRegistryNotReady, ImproperlyConfigured):
        return message
