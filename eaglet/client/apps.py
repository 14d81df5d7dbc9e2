"""The app that calls other services."""

import logging

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

        for name, each in logging.root.manager.loggerDict.items():
            # LOGGING disables what was imported before it (`disable_existing_loggers`), which
            # `Resource.configure()` in settings does with these: failures would be told nowhere.
            if isinstance(each, logging.Logger) and name.split(".")[0] == "eaglet":
                each.disabled = False
        checks.register(check_client_settings)
        register_examination("services", examine_services)
