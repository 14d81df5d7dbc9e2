"""What the doctor says of the broker's version."""

import pytest
from django.core.management import CommandError, call_command

from eaglet.tasks import health

pytestmark = [pytest.mark.services, pytest.mark.django_db(databases="__all__")]


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
