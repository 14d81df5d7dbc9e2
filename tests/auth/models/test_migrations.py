from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from eaglet.api.security.decorator import verifier
from eaglet.auth.models import AccessToken, App, AppGrant, AppSecret, CachedToken

MODELS = {AccessToken, App, AppGrant, AppSecret, CachedToken}


def test_no_migration_is_missing_and_no_setting_changes_the_schema(db, settings):
    settings.USE_TZ = False
    settings.DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
    settings.EAGLET_TOKEN_LIFETIME_SECONDS = 1
    call_command("makemigrations", "eaglet_auth", check=True, dry_run=True, stdout=StringIO())


@pytest.mark.django_db(transaction=True)
def test_the_tables_can_be_taken_away_and_made_again():
    tables = {model._meta.db_table for model in MODELS}
    try:
        call_command("migrate", "eaglet_auth", "zero", verbosity=0)
        assert not tables & set(connection.introspection.table_names())
    finally:
        call_command("migrate", "eaglet_auth", verbosity=0)
    assert tables <= set(connection.introspection.table_names())
    created = App.objects.create_app("hermes")
    assert created.app.grants.get().grant == "*"


on_sqlite = pytest.mark.skipif(
    connection.vendor != "sqlite", reason="every database words its plans differently"
)


def many_tokens(app):
    secret = app.secrets.get()
    now = timezone.now()
    AccessToken.objects.bulk_create(
        AccessToken(app=app, secret=secret, digest=f"{number:064x}", expires_at=now)
        for number in range(500)
    )


@on_sqlite
def test_verifying_reads_no_table_from_end_to_end(hermes, settings):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    many_tokens(hermes.app)
    token = hermes.token()
    with CaptureQueriesContext(connection) as queries:
        verifier().verify(token)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {queries[0]['sql']}")
        steps = [row[-1] for row in cursor.fetchall()]
    assert len(steps) == 4
    assert all(step.startswith("SEARCH") for step in steps), steps


@on_sqlite
def test_expired_tokens_are_found_by_an_index(hermes):
    many_tokens(hermes.app)
    batch = AccessToken.objects.expired().order_by("expires_at").values("pk")[:100]
    assert "INDEX eaglet_token_expiry (expires_at<?)" in batch.explain()
    assert "TEMP B-TREE" not in batch.explain()


@on_sqlite
def test_an_apps_live_tokens_are_found_by_an_index(hermes):
    many_tokens(hermes.app)
    found = AccessToken.objects.live().filter(app=hermes.app).explain()
    assert "INDEX eaglet_token_app_expiry (app_id=? AND expires_at>?)" in found


@on_sqlite
def test_a_secrets_tokens_are_found_by_an_index(hermes):
    many_tokens(hermes.app)
    found = AccessToken.objects.filter(secret=hermes.app.secrets.get()).explain()
    assert "(secret_id=?)" in found
