from django.db import models


class Effect(models.Model):
    """What a task does: one row for each time that it was done."""

    queue_name = models.CharField(max_length=50)
    number = models.IntegerField()

    class Meta:
        app_label = "effects"

    def __str__(self):
        return f"{self.queue_name} {self.number}"
