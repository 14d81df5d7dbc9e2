import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

import eaglet.auth.grants
import eaglet.auth.keys


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="App",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100, unique=True, verbose_name="name")),
                (
                    "app_key",
                    models.CharField(
                        default=eaglet.auth.keys.generate_app_key,
                        editable=False,
                        max_length=64,
                        unique=True,
                        verbose_name="app key",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Switched off, it gets no tokens, and those it has are refused.",
                        verbose_name="active",
                    ),
                ),
                (
                    "token_lifetime_seconds",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text=(
                            "How long its access tokens live; empty: as the service's settings say."
                        ),
                        null=True,
                        validators=[django.core.validators.MinValueValidator(1)],
                        verbose_name="token lifetime in seconds",
                    ),
                ),
                (
                    "may_introspect",
                    models.BooleanField(
                        default=False,
                        help_text=(
                            "It may look at and revoke the tokens of other apps, not only its own."
                        ),
                        verbose_name="may introspect",
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "app",
                "verbose_name_plural": "apps",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="CachedToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "digest",
                    models.CharField(
                        editable=False, max_length=64, unique=True, verbose_name="digest of the key"
                    ),
                ),
                ("address", models.CharField(blank=True, max_length=200, verbose_name="address")),
                ("service", models.CharField(blank=True, max_length=200, verbose_name="service")),
                ("app_key", models.CharField(blank=True, max_length=200, verbose_name="app key")),
                (
                    "encrypted_token",
                    models.TextField(blank=True, editable=False, verbose_name="encrypted token"),
                ),
                (
                    "obtained_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="obtained at"),
                ),
                (
                    "expires_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="expires at"),
                ),
                (
                    "lease_holder",
                    models.CharField(
                        blank=True, editable=False, max_length=64, verbose_name="lease holder"
                    ),
                ),
                (
                    "lease_until",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="lease until"
                    ),
                ),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="updated at")),
            ],
            options={
                "verbose_name": "cached token",
                "verbose_name_plural": "cached tokens",
                "ordering": ["service", "address"],
            },
        ),
        migrations.CreateModel(
            name="AppSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, verbose_name="digest")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "expires_at",
                    models.DateTimeField(
                        blank=True,
                        help_text=(
                            "From then on no token is issued for it; tokens issued before live on."
                        ),
                        null=True,
                        verbose_name="expires at",
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="last used at"
                    ),
                ),
                (
                    "revoked_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="revoked at"
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="eaglet_auth.app",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "secret",
                "verbose_name_plural": "secrets",
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="AccessToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64, verbose_name="digest")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                ("expires_at", models.DateTimeField(verbose_name="expires at")),
                (
                    "revoked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="revoked at"),
                ),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="eaglet_auth.app",
                        verbose_name="app",
                    ),
                ),
                (
                    "secret",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to="eaglet_auth.appsecret",
                        verbose_name="secret",
                    ),
                ),
            ],
            options={
                "verbose_name": "access token",
                "verbose_name_plural": "access tokens",
            },
        ),
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
            },
        ),
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
                "indexes": [models.Index(fields=["ends_at"], name="eaglet_request_count_end")],
            },
        ),
        migrations.CreateModel(
            name="AppGrant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "grant",
                    models.CharField(
                        help_text=(
                            "app.resource:verb, any part * for anything; * alone for everything."
                        ),
                        max_length=200,
                        validators=[eaglet.auth.grants.validate_grant],
                        verbose_name="grant",
                    ),
                ),
                (
                    "app",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="grants",
                        to="eaglet_auth.app",
                        verbose_name="app",
                    ),
                ),
            ],
            options={
                "verbose_name": "grant",
                "verbose_name_plural": "grants",
                "ordering": ["grant"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("app", "grant"), name="eaglet_grant_once_per_app"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="appsecret",
            constraint=models.UniqueConstraint(
                fields=("digest",), name="eaglet_secret_digest_unique"
            ),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["expires_at"], name="eaglet_token_expiry"),
        ),
        migrations.AddIndex(
            model_name="accesstoken",
            index=models.Index(fields=["app", "expires_at"], name="eaglet_token_app_expiry"),
        ),
        migrations.AddConstraint(
            model_name="accesstoken",
            constraint=models.UniqueConstraint(
                fields=("digest",), name="eaglet_token_digest_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="refusedcalls",
            constraint=models.UniqueConstraint(
                fields=("app", "reason", "grant"), name="eaglet_refusals_once_a_reason"
            ),
        ),
    ]
