"""The app that answers calls to resources."""

from django.apps import AppConfig, apps
from django.utils.functional import lazy
from django.utils.text import format_lazy
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
        from eaglet.autoreload import restart_for_new_modules  # noqa: PLC0415
        from eaglet.conf import checks as setting_checks  # noqa: F401,PLC0415

        restart_for_new_modules()  # before a resource that can't be imported
        registry.discover()
        health.register_probes()
        if apps.is_installed("django.contrib.admin"):
            _name_admin()


def _name_admin() -> None:
    """Have the admin's header and title begin with the service's name, unless they are its own."""
    from django.contrib import admin  # noqa: PLC0415

    from eaglet.conf.naming import service_name  # noqa: PLC0415

    for attribute in ("site_header", "site_title"):
        text = getattr(admin.AdminSite, attribute)
        if getattr(admin.site, attribute) is text:
            named = format_lazy("{} · {}", lazy(service_name, str)(), text)
            setattr(admin.site, attribute, named)
