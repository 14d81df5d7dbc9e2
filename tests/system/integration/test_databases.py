from datetime import datetime, timezone

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError, connections, transaction
from django.db.utils import ConnectionHandler

from tests.system.servers.database_urls import database

pytestmark = pytest.mark.services

TEXT = "žluťoučký 黑猫 🦅"
ALIAS = "service"
VENDORS = {"postgresql": "postgresql", "mariadb": "mysql"}


@pytest.fixture(params=VENDORS)
def service(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def connection(service, django_db_blocker):
    """A connection Django knows by an alias, with a table to use."""
    connection = ConnectionHandler({"default": database(service.url)})["default"]
    connection.alias = ALIAS
    connections[ALIAS] = connection
    with django_db_blocker.unblock():
        try:
            with connection.schema_editor() as editor:
                editor.create_model(Session)
            yield connection
            with connection.schema_editor() as editor:
                editor.delete_model(Session)
        finally:
            connection.close()
            del connections[ALIAS]


def write(key, data):
    expires = datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
    return Session.objects.using(ALIAS).create(
        session_key=key, session_data=data, expire_date=expires
    )


def test_stores_any_text(connection, service):
    written = write("黑猫🦅", TEXT)
    read = Session.objects.using(ALIAS).get(session_key="黑猫🦅")
    assert (read.session_data, read.expire_date) == (TEXT, written.expire_date)
    assert connection.vendor == VENDORS[service.name]


def test_rolls_back(connection):
    with transaction.atomic(using=ALIAS):
        write("gone", TEXT)
        transaction.set_rollback(True, using=ALIAS)
    assert not Session.objects.using(ALIAS).exists()


def test_keeps_what_was_committed_when_killed(connection, service):
    write("kept", TEXT)
    service.kill()
    with pytest.raises(OperationalError):
        Session.objects.using(ALIAS).exists()
    service.start()
    connection.close()
    assert Session.objects.using(ALIAS).get().session_data == TEXT
