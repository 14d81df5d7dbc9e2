"""What was ordered: rows in SQL, where a transaction keeps what belongs together."""

from django.db import models


class Order(models.Model):
    # No foreign key leads from one database to the other: the code, and the price as it was.
    product_code = models.CharField(max_length=40, db_index=True)
    quantity = models.PositiveIntegerField()
    price_in_cents = models.PositiveBigIntegerField()
    ordered_at = models.DateTimeField(auto_now_add=True)

    def __str__(self):
        return f"{self.quantity} × {self.product_code}"
