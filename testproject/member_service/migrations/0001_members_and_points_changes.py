import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("nick_name", models.CharField(max_length=100, verbose_name="nick name")),
                ("integral", models.IntegerField(default=0, verbose_name="points")),
            ],
            options={
                "verbose_name": "member",
                "verbose_name_plural": "members",
            },
        ),
        migrations.CreateModel(
            name="PointsChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_type", models.CharField(max_length=100, verbose_name="reason")),
                ("increase_integral", models.IntegerField(verbose_name="points added")),
                ("current_integral", models.IntegerField(verbose_name="points afterwards")),
                ("task_id", models.CharField(max_length=36, unique=True, verbose_name="task id")),
                ("changed_at", models.DateTimeField(auto_now_add=True, verbose_name="changed at")),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="member_service.member",
                        verbose_name="member",
                    ),
                ),
            ],
            options={
                "verbose_name": "points change",
                "verbose_name_plural": "points changes",
            },
        ),
    ]
