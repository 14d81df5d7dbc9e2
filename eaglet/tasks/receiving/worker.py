"""Finding what takes tasks: every installed app's `tasks` module, and what settings name."""

from __future__ import annotations

from django.utils.module_loading import autodiscover_modules

from eaglet.conf import Settings
from eaglet.imports import import_named


def discover() -> None:
    """Import every module that declares tasks; what an import raises is raised."""
    autodiscover_modules("tasks")
    import_named(Settings.EAGLET_TASK_MODULES)
