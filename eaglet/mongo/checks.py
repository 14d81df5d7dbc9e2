"""System checks of what lives in MongoDB, and of what must not."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Error, Info, Tags, register
from django.db import router
from django.db.models import AutoField, Model
from django_mongodb_backend.models import EmbeddedModel

from eaglet.mongo import app_aliases
from eaglet.mongo.router import declared_alias, mongo_aliases


@register(Tags.models)
def check_mongo(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Find models in the wrong database, with the wrong keys, or related over two databases."""
    found: list[CheckMessage] = [*_labels()]
    for model in apps.get_models(include_auto_created=True):
        found += [*_place(model), *_key(model), *_relations(model)]
    return [*found, *_tasks()]


def _labels() -> Iterator[CheckMessage]:
    installed = {config.label: config for config in apps.get_app_configs()}
    for label, alias in app_aliases.alias_by_label().items():
        if label not in installed:
            yield Error(
                f"EAGLET_MONGO_APPS[{alias!r}] names the app {label!r}, which is not installed.",
                hint="It takes app labels: the last part of the app's name, mostly. Installed: "
                f"{', '.join(sorted(installed))}.",
                id="eaglet_mongo.E001",
            )


def _place(model: type[Model]) -> Iterator[CheckMessage]:
    declared = declared_alias(model)
    routed = sorted({router.db_for_read(model), router.db_for_write(model)})
    in_mongo = [alias for alias in routed if alias in mongo_aliases()]
    if in_mongo and _belongs_in_sql(model):
        yield Error(
            f"{model._meta.label} is routed to the database {in_mongo[0]!r}, which is MongoDB.",
            hint="It relies on transactions, and transaction.atomic does nothing there. Take "
            f"the app {model._meta.app_label!r} out of EAGLET_MONGO_APPS, or have "
            "DATABASE_ROUTERS keep it in an SQL database.",
            obj=model,
            id="eaglet_mongo.E002",
        )
    elif getattr(model, "is_mongo_model", False) and declared not in mongo_aliases():
        yield Error(
            f"{model._meta.label} is a MongoModel, and {declared!r} is no MongoDB alias.",
            hint="Set its mongo_alias, or name its app in EAGLET_MONGO_APPS; there are: "
            f"{', '.join(mongo_aliases()) or 'none'}.",
            obj=model,
            id="eaglet_mongo.E005",
        )
    elif declared is not None and routed != [declared]:
        yield Error(
            f"{model._meta.label} lives under {declared!r}, and is routed to {routed[0]!r}.",
            hint="Put 'eaglet.mongo.router.MongoRouter' before the routers that say so in "
            "DATABASE_ROUTERS, or leave it out: then it comes first.",
            obj=model,
            id="eaglet_mongo.E005",
        )


def _belongs_in_sql(model: type[Model]) -> bool:
    name = apps.get_app_config(model._meta.app_label).name
    return name.startswith(("django.contrib.", "eaglet.", "django_celery_"))


def _key(model: type[Model]) -> Iterator[CheckMessage]:
    key = model._meta.pk
    if declared_alias(model) is None or key is None or _belongs_in_sql(model):
        return
    if isinstance(key, AutoField) and "ObjectId" not in type(key).__name__:
        yield Error(
            f"{model._meta.label} lives in MongoDB, and its key is a {type(key).__name__}.",
            hint="Set default_auto_field = 'django_mongodb_backend.fields.ObjectIdAutoField' in "
            "the app's AppConfig, put 'eaglet.mongo' before the app in INSTALLED_APPS, or "
            "derive the model from eaglet.mongo.models.MongoModel.",
            obj=model,
            id="eaglet_mongo.E003",
        )


def _relations(model: type[Model]) -> Iterator[CheckMessage]:
    here = declared_alias(model)
    for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
        other = field.related_model
        if not isinstance(other, type) or not field.is_relation:
            continue
        if declared_alias(other) != here:
            yield Error(
                f"{model._meta.label}.{field.name} relates a model of {here or 'SQL'} to "
                f"{other._meta.label}, a model of {declared_alias(other) or 'SQL'}.",
                hint="No database can join or guard it. Keep the other's key in a plain field, "
                "an ObjectIdField or a CharField, and look the row up.",
                obj=field,
                id="eaglet_mongo.E004",
            )


def _tasks() -> Iterator[CheckMessage]:
    in_mongo = sorted(
        model._meta.label
        for model in apps.get_models()
        if declared_alias(model) and not issubclass(model, EmbeddedModel)
    )
    if in_mongo and apps.is_installed("eaglet.tasks"):
        yield Info(
            f"Tasks sent for what lives only in MongoDB are not part of its writes: "
            f"{', '.join(in_mongo)}.",
            hint="transaction.atomic does nothing there, so a task can be lost when the process "
            "dies between the write and send_task. docs/howto/mongodb.md shows what is safe.",
            id="eaglet_mongo.I001",
        )
