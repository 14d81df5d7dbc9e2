"""The app that sends tasks, durably, and takes them."""

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from eaglet.contracts.asyncapi import register_listing
from eaglet.doctor import register_examination
from eaglet.tasks.celery_config import broker_scheme


class TasksConfig(AppConfig):
    """Prepares the workers that this process may become."""

    name = "eaglet.tasks"
    label = "eaglet_tasks"
    verbose_name = _("Tasks")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect to Celery's signals, register the system checks and the broker's probe."""
        # These need the app registry, or settings.
        from eaglet.conf import checks as setting_checks  # noqa: F401,PLC0415
        from eaglet.tasks import checks, health, metrics, queue_metrics  # noqa: F401,PLC0415
        from eaglet.tasks.broker.connection import publishing_app  # noqa: PLC0415
        from eaglet.tasks.contract_listing import discovered_listing  # noqa: PLC0415
        from eaglet.tasks.health import examine_tasks  # noqa: PLC0415
        from eaglet.tasks.receiving import worker  # noqa: PLC0415

        worker.connect_signals()
        # Django 6 always has TASKS.
        if hasattr(settings, "TASKS") and checks.HAS_TASKS_OF_DJANGO:
            from eaglet.tasks.backend import take_all  # noqa: PLC0415 - wants Django's tasks

            take_all()
        register_examination("tasks", examine_tasks)
        register_listing(discovered_listing)
        health.register_for_services()
        if broker_scheme(publishing_app().conf.broker_write_url) == "eaglet":
            # It notes the queue database that is there.
            _ = publishing_app().connection_for_write().transport
