from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="OutboxTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "task_id",
                    models.CharField(
                        editable=False, max_length=36, unique=True, verbose_name="task id"
                    ),
                ),
                (
                    "queue_name",
                    models.CharField(editable=False, max_length=255, verbose_name="queue"),
                ),
                ("arguments", models.TextField(editable=False, verbose_name="arguments")),
                (
                    "state",
                    models.PositiveSmallIntegerField(
                        choices=[(0, "waiting"), (1, "sent")],
                        default=0,
                        editable=False,
                        verbose_name="state",
                    ),
                ),
                ("written_at", models.DateTimeField(editable=False, verbose_name="written at")),
                ("due_at", models.DateTimeField(editable=False, verbose_name="due at")),
                (
                    "sent_at",
                    models.DateTimeField(editable=False, null=True, verbose_name="sent at"),
                ),
                (
                    "attempts",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="attempts"),
                ),
                ("claimed_by", models.CharField(default="", editable=False, max_length=36)),
                (
                    "last_error",
                    models.TextField(default="", editable=False, verbose_name="last error"),
                ),
            ],
            options={
                "verbose_name": "sent task",
                "verbose_name_plural": "sent tasks",
                "indexes": [models.Index(fields=["state", "due_at"], name="eaglet_outbox_due")],
            },
        ),
    ]
