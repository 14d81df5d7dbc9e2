import pytest

from tests.tasks.receiver.running import Receiver

BROKERS = [
    "embedded",
    pytest.param("rabbitmq", marks=pytest.mark.services),
    pytest.param("redis_server", marks=pytest.mark.services),
]


@pytest.fixture(
    params=[
        *BROKERS,
        pytest.param("rabbitmq+postgresql", marks=pytest.mark.services),
        pytest.param("redis_server+mariadb", marks=pytest.mark.services),
    ]
)
def receiver(request, tmp_path, settings, django_db_blocker):
    """Workers over each broker, with their ledger and inbox in each database."""
    broker, _, database = request.param.partition("+")
    if broker == "embedded":
        url = f"eaglet://{tmp_path / 'queue'}"
    else:
        url = request.getfixturevalue(broker).url
    settings.CELERY_BROKER_URL = url
    database_url = request.getfixturevalue(database).url if database else None
    with django_db_blocker.unblock(), Receiver(tmp_path, url, database_url) as receiver:
        yield receiver
