from django.db import models


class Account(models.Model):
    member_id = models.IntegerField(unique=True)
    points = models.IntegerField(default=0)

    def __str__(self):
        return f"account of {self.member_id}"
