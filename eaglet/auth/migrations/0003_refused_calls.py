import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eaglet_auth", "0002_throttle")]

    operations = [
        migrations.CreateModel(
            name="RefusedCalls",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("grant", "lacks the grant"),
                            ("off", "the app is switched off"),
                            ("revoked", "its token or secret is revoked or expired"),
                        ],
                        max_length=10,
                        verbose_name="reason",
                    ),
                ),
                ("grant", models.CharField(blank=True, max_length=200, verbose_name="grant")),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="calls")),
                ("first_at", models.DateTimeField(verbose_name="first refused at")),
                ("last_at", models.DateTimeField(verbose_name="last refused at")),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="refused_calls",
                        to="eaglet_auth.app",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "refused calls",
                "verbose_name_plural": "refused calls",
                "ordering": ["-last_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app", "reason", "grant"), name="eaglet_refusals_once_a_reason"
                    )
                ],
            },
        ),
    ]
