"""The base of a model that lives in MongoDB though its app does not."""

from typing import ClassVar

from django.db import models
from django_mongodb_backend.fields import ObjectIdAutoField


class MongoModel(models.Model):
    """Has an ObjectId key, and lives under `mongo_alias`, or under the only alias there is."""

    is_mongo_model: ClassVar[bool] = True
    mongo_alias: ClassVar[str | None] = None

    id = ObjectIdAutoField(primary_key=True)

    class Meta:
        abstract = True
