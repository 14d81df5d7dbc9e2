"""The app that calls other services."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _

from eaglet.doctor import register_examination


class ClientConfig(AppConfig):
    """Registers the client's system checks."""

    name = "eaglet.client"
    label = "eaglet_client"
    verbose_name = _("Calls to services")

    def ready(self) -> None:
        """Register the checks of the client's settings."""
        # These need settings.
        from eaglet.client.checks import check_client_settings  # noqa: PLC0415
        from eaglet.client.health import examine_services  # noqa: PLC0415
        from eaglet.conf import checks as setting_checks  # noqa: F401,PLC0415

        checks.register(check_client_settings)
        register_examination("services", examine_services)
