"""The router: declared models live in MongoDB, and nothing else does."""

from typing import Any

from django.apps import apps
from django.db import connections
from django.db.models import Model
from django_mongodb_backend.models import EmbeddedModel

from eaglet.mongo import app_aliases
from eaglet.mongo.databases import is_mongodb


def mongo_aliases() -> list[str]:
    """Return the aliases that are MongoDB, in order."""
    return sorted(alias for alias in connections if is_mongodb(connections.settings[alias]))


def declared_alias(model: type[Model]) -> str | None:
    """Return the MongoDB alias a model is declared to live under; None if it lives in SQL.

    Its app's in EAGLET_MONGO_APPS; else, for a MongoModel, its `mongo_alias`, or the only one.
    """
    alias = app_aliases.alias_by_label().get(model._meta.app_label)
    if alias is not None or not getattr(model, "is_mongo_model", False):
        return alias
    named: str | None = getattr(model, "mongo_alias", None)
    if named is not None:
        return named
    aliases = mongo_aliases()
    return aliases[0] if len(aliases) == 1 else None


class MongoRouter:
    """Route declared models to MongoDB, and keep all others out of it."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the alias declared for the model."""
        return declared_alias(model)

    db_for_write = db_for_read

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        """Refuse a relation between two databases one of which is MongoDB."""
        first, second = declared_alias(type(obj1)), declared_alias(type(obj2))
        return None if first is None and second is None else first == second

    def allow_migrate(
        self, db: str, app_label: str, model_name: str | None = None, **hints: Any
    ) -> bool | None:
        """Let declared models into their alias alone, and nothing else into a MongoDB alias."""
        model = hints.get("model") or _model(app_label, model_name)
        if model is not None:
            if issubclass(model, EmbeddedModel):
                return False
            alias = declared_alias(model)
        else:
            alias = app_aliases.alias_by_label().get(app_label)
        if alias is not None:
            return db == alias
        return False if db in mongo_aliases() else None


def _model(app_label: str, model_name: str | None) -> type[Model] | None:
    try:
        return apps.get_model(app_label, model_name) if model_name else None
    except LookupError:
        return None
