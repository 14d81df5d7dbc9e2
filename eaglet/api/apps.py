"""The app that answers calls to resources."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    """Finds the resources when the project starts."""

    name = "eaglet.api"
    label = "eaglet_api"
    verbose_name = _("Resources")

    def ready(self) -> None:
        """Import every resource, and register the system checks and the probes."""
        # These need the app registry, or settings.
        from eaglet.api import checks, health, registry  # noqa: F401,PLC0415
        from eaglet.conf import checks as setting_checks  # noqa: F401,PLC0415

        registry.discover()
        health.register_probes()
