from django.apps import AppConfig


class ArchiveConfig(AppConfig):
    name = "tests.mongo.archive"
    label = "archive"
