"""The app whose presence makes MongoDB entries of DATABASES work."""

import importlib.util
from typing import Any, Final

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.utils.translation import gettext_lazy as _

from eaglet.encoding import write_as_text
from eaglet.mongo import app_aliases, databases

ROUTER: Final = "eaglet.mongo.router.MongoRouter"
OBJECT_ID: Final = "django_mongodb_backend.fields.ObjectIdAutoField"


class MongoConfig(AppConfig):
    """Translate the entries when constructed: before any model, before any connection."""

    name = "eaglet.mongo"
    label = "eaglet_mongo"
    verbose_name = _("MongoDB")

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if importlib.util.find_spec("django_mongodb_backend") is None:
            raise ImproperlyConfigured(
                "eaglet.mongo needs django-mongodb-backend: pip install 'eaglet[mongo]'."
            )
        databases.translate(settings.DATABASES)
        # Both may have been read already, and are made again from the settings when next asked.
        vars(connections).pop("settings", None)
        app_aliases.validate(settings.DATABASES)
        # Before the project's routers: what is declared to live in MongoDB lives there, whatever
        # a router for replicas or tenants says of models in general.
        if ROUTER not in settings.DATABASE_ROUTERS:
            settings.DATABASE_ROUTERS = [ROUTER, *settings.DATABASE_ROUTERS]
        vars(router).pop("routers", None)

    def import_models(self) -> None:
        """Give the apps of EAGLET_MONGO_APPS that come later ObjectId keys by default."""
        super().import_models()
        for label in app_aliases.alias_by_label():
            config = apps.app_configs.get(label)
            if config is None or config.models_module is not None:
                continue
            if type(config).default_auto_field is AppConfig.default_auto_field:
                config.default_auto_field = OBJECT_ID

    def ready(self) -> None:
        """Register the checks, the probe of every MongoDB entry, and how ObjectIds are written."""
        from bson import ObjectId  # noqa: PLC0415 - found to be there

        from eaglet.mongo import checks  # noqa: F401,PLC0415 - needs the app registry
        from eaglet.mongo.health import register_probes  # noqa: PLC0415 - the same

        register_probes()
        write_as_text(ObjectId)
