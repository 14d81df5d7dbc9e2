"""Saying which app is missing, in place of what its absence leads to."""

from __future__ import annotations

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured


def require_app(name: str) -> None:
    """Raise ImproperlyConfigured if a project uses an app of eaglet that it has not installed."""
    # Before the registry is ready Django has an error of its own.
    if apps.apps_ready and not apps.is_installed(name):
        raise ImproperlyConfigured(
            f"{name} is used, and not installed: add {name!r} to INSTALLED_APPS, and run "
            "manage.py migrate"
        )
