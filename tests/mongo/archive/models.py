from django.db import models

from eaglet.mongo.models import MongoModel


class Visit(MongoModel):
    mongo_alias = "archive"

    page = models.CharField(max_length=50)


class Bill(models.Model):
    """Of the same app, and in SQL."""

    number = models.CharField(max_length=20)
