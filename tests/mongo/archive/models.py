from django.db import models

from eaglet.mongo.models import MongoModel


class Visit(MongoModel):
    mongo_alias = "archive"

    page = models.CharField(max_length=50)

    def __str__(self):
        return self.page


class Bill(models.Model):
    """Of the same app, and in SQL."""

    number = models.CharField(max_length=20)

    def __str__(self):
        return self.number
