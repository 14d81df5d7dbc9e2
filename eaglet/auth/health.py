"""Examine whether anybody can call this service."""

from collections.abc import Iterator

from django.apps import apps

from eaglet.api import registry
from eaglet.auth.models import App
from eaglet.doctor import Finding


def examine_callers() -> Iterator[Finding]:
    """Count the apps that may ask for access tokens, where resources require them."""
    if not apps.is_installed("eaglet.api"):
        return
    guarded = [resource for resource in registry.registered() if resource.is_guarded()]
    if guarded and not App.objects.filter(is_active=True).exists():
        yield Finding(
            f"callers: none, and {len(guarded)} resources require an access token",
            "run manage.py create_app NAME --grant … for each, and give it what that prints",
        )
    elif guarded:
        yield Finding("callers: there are some")
