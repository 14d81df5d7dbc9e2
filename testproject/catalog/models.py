"""What is sold: documents in MongoDB, by EAGLET_MONGO_APPS."""

from django.db import models


class Product(models.Model):
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=100)
    category = models.CharField(max_length=40, db_index=True)
    # A whole number: money is not counted in fractions.
    price_in_cents = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.code} {self.name}"
