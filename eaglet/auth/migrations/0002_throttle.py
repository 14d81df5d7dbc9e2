from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("eaglet_auth", "0001_app_keys_and_tokens")]

    operations = [
        migrations.CreateModel(
            name="TokenRequestCount",
            fields=[
                (
                    "bucket",
                    models.BigIntegerField(
                        primary_key=True, serialize=False, verbose_name="bucket"
                    ),
                ),
                (
                    "ends_at",
                    models.BigIntegerField(
                        help_text="When the window ends, in seconds since 1970.",
                        verbose_name="ends at",
                    ),
                ),
                ("requests", models.PositiveIntegerField(verbose_name="requests")),
            ],
            options={
                "verbose_name": "count of token requests",
                "verbose_name_plural": "counts of token requests",
            },
        ),
        migrations.AddIndex(
            model_name="tokenrequestcount",
            index=models.Index(fields=["ends_at"], name="eaglet_request_count_end"),
        ),
    ]
