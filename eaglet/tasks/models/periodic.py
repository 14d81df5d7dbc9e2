"""Keep when each task that `@every` declares is next due."""

from django.db import models

from eaglet.tasks.database import InstantField


class PeriodicTask(models.Model):
    """When a task is next due; it has a row once a relay has seen its declaration."""

    key = models.CharField(max_length=64, primary_key=True, editable=False)
    due_at = InstantField(editable=False)

    def __str__(self) -> str:
        return self.key
