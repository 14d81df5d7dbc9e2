from django.db import models
from django_mongodb_backend.fields import EmbeddedModelField
from django_mongodb_backend.models import EmbeddedModel


class Size(EmbeddedModel):
    width = models.IntegerField()
    height = models.IntegerField()

    class Meta:
        # What the backend says itself from 6.1 on.
        managed = False


class Maker(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Product(models.Model):
    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=50)
    stock = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    changed_at = models.DateTimeField(null=True)
    maker = models.ForeignKey(Maker, models.CASCADE, null=True, related_name="products")
    size = EmbeddedModelField(Size, null=True)

    def __str__(self):
        return self.name
