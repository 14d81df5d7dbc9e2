"""What the doctor says of a server's version."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.db.backends.base import base

from eaglet.tasks import health


@pytest.mark.services
@pytest.mark.django_db(databases="__all__")
@pytest.mark.parametrize(("server", "kind"), [("rabbitmq", "RabbitMQ"), ("redis_server", "Redis")])
def test_a_broker_is_named_and_one_too_old_is_a_fault(
    request, settings, monkeypatch, capsys, server, kind
):
    settings.CELERY_BROKER_URL = request.getfixturevalue(server).url

    def told():
        # No worker runs, and that may be a fault too.
        with pytest.raises(CommandError):
            call_command("eaglet_doctor")
        return capsys.readouterr().out

    monkeypatch.setattr(health, "declared_queues", lambda: {"nobody.takes": None})
    assert f"broker: {kind} " in told()
    monkeypatch.setattr(health, "OLDEST_SERVERS", {kind: "99.1"})
    assert f"run {kind} 99.1 or later" in told()


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_database_that_is_too_old_for_django_is_a_fault(monkeypatch, capsys):
    connection = connections["default"]
    monkeypatch.setattr(connection.features, "minimum_database_version", (99,))
    # Django looks when it connects for the first time.
    monkeypatch.setattr(base, "RAN_DB_VERSION_CHECK", set())
    monkeypatch.setattr(connection, "connection", None)
    with pytest.raises(CommandError):
        call_command("eaglet_doctor")
    connection.connection.close()
    assert f"{connection.display_name} 99 or later is required (found" in capsys.readouterr().out
