from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "tests.mongo.catalogue"
    label = "catalogue"
    default_auto_field = "django_mongodb_backend.fields.ObjectIdAutoField"
