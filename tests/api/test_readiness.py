"""What /readyz looks at: databases, migrations, caches, the broker."""

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder


class BrokenCache(LocMemCache):
    def set(self, *args, **kwargs):
        raise OSError("redis://:hunter2@cache.internal is down")


class ForgetfulCache(LocMemCache):
    def get(self, *args, **kwargs):
        return None


@pytest.fixture
def ready(client):
    def ready():
        response = client.get("/readyz")
        return response.status_code, response.json()["checks"]

    return ready


@pytest.mark.django_db(databases=["default", "second"])
def test_a_service_in_order_is_ready_and_says_what_was_looked_at(ready):
    assert ready() == (
        200,
        {
            "broker": "ok",
            "cache": "ok",
            "database": "ok",
            "database second": "ok",
            "migrations": "ok",
            "migrations second": "ok",
        },
    )


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_a_migration_that_is_not_applied_makes_it_unready(ready, caplog):
    applied = MigrationRecorder(connection)
    (newest,) = MigrationLoader(connection).graph.leaf_nodes("eaglet_auth")
    applied.record_unapplied(*newest)
    try:
        status, checks = ready()
    finally:
        applied.record_applied(*newest)
    assert (status, checks["migrations"], checks["migrations second"]) == (503, "failed", "ok")
    assert newest[1] in caplog.text


@pytest.mark.django_db(databases=["default", "second"])
@pytest.mark.parametrize("backend", ["BrokenCache", "ForgetfulCache"])
def test_a_cache_that_does_not_keep_makes_it_unready(client, ready, settings, backend, caplog):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.{backend}"}}
    status, checks = ready()
    assert (status, checks["cache"], checks["database"]) == (503, "failed", "ok")
    assert b"internal" not in client.get("/readyz").content
    assert "hunter2" not in caplog.text


@pytest.mark.django_db(databases=["default", "second"])
def test_a_broker_that_is_not_there_makes_it_unready(ready, settings, caplog):
    settings.CELERY_BROKER_URL = "amqp://guest:hunter2@127.0.0.1:1//"
    status, checks = ready()
    assert (status, checks["broker"], checks["cache"]) == (503, "failed", "ok")
    assert "probe broker failed: BrokerUnavailable: ConnectionRefusedError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_database_that_is_not_there_makes_it_unready(ready):
    # Without its mark, pytest-django lets no test connect.
    status, checks = ready()
    assert (status, checks["database"], checks["migrations"]) == (503, "failed", "failed")
    assert checks["broker"] == "ok"
