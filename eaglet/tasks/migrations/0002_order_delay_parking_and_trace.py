from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("eaglet_tasks", "0001_outbox"),
    ]

    operations = [
        migrations.AddField(
            model_name="outboxtask",
            name="not_before",
            field=models.DateTimeField(editable=False, null=True, verbose_name="not before"),
        ),
        migrations.AddField(
            model_name="outboxtask",
            name="order_key",
            field=models.CharField(
                db_default="", default="", editable=False, max_length=255, verbose_name="order key"
            ),
        ),
        migrations.AddField(
            model_name="outboxtask",
            name="parked_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="parked at"),
        ),
        migrations.AddField(
            model_name="outboxtask",
            name="request_id",
            field=models.CharField(
                db_default="", default="", editable=False, max_length=128, verbose_name="request id"
            ),
        ),
        migrations.AddField(
            model_name="outboxtask",
            name="traceparent",
            field=models.CharField(
                db_default="", default="", editable=False, max_length=55, verbose_name="traceparent"
            ),
        ),
        migrations.AlterField(
            model_name="outboxtask",
            name="state",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "waiting"), (1, "sent"), (2, "parked"), (3, "waiting in order")],
                default=0,
                editable=False,
                verbose_name="state",
            ),
        ),
        migrations.AddIndex(
            model_name="outboxtask",
            index=models.Index(fields=["state", "order_key", "id"], name="eaglet_outbox_order"),
        ),
    ]
