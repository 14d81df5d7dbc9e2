from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TemplateMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("task_id", models.CharField(max_length=36, unique=True, verbose_name="task id")),
                ("member_id", models.IntegerField(verbose_name="member id")),
                ("nick_name", models.CharField(max_length=100, verbose_name="nick name")),
                ("event_type", models.CharField(max_length=100, verbose_name="reason")),
                ("increase_integral", models.IntegerField(verbose_name="points added")),
                ("current_integral", models.IntegerField(verbose_name="points afterwards")),
                ("text", models.TextField(verbose_name="text")),
                (
                    "received_at",
                    models.DateTimeField(auto_now_add=True, verbose_name="received at"),
                ),
            ],
            options={
                "verbose_name": "template message",
                "verbose_name_plural": "template messages",
            },
        ),
    ]
